using System.Globalization;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Scheduling;

namespace Orgtap.Benchmarks;

/// <summary>
/// What many connections would need, from what one was measured to cost (<see cref="Scale"/>): two hours of looks, queues and runs, by the product's own rule for when a connection is due. The same arguments give the same figures.
/// Processes take runs from one queue; a run waits for Salesforce most of its time, and shares its process's cores with the others.
/// </summary>
internal static class Scaling
{
    /// <summary>Of a process: the threads of its scheduler.</summary>
    private const int RunsAtOnce = 8;

    private static readonly DateTimeOffset Begin = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan WarmUp = TimeSpan.FromHours(1), Counted = TimeSpan.FromHours(1);

    public static int Run(string[] args)
    {
        var options = ScalingOptions.Parse(args);
        var mix = options.Mix.Split(',').Select(part => part.Split('=')).Select(part => (Frequency: UpdateFrequency.Parse(part[0]), Share: double.Parse(part[1], CultureInfo.InvariantCulture))).ToList();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"A sync: {options.Calls:0.#} calls of {options.Latency:0} ms, {options.Cpu:0} ms of CPU, {options.ServerCpu:0} ms of the server's; beginning one {options.BeginMs:0.#} ms; a look {options.LookMs:0.##} ms for 1,000 connections."));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Frequencies: {string.Join(", ", mix.Select(part => $"{part.Share:0} % {part.Frequency.Words}"))}. Processes have {options.Cores} cores."));
        Console.WriteLine();
        Console.WriteLine("| connections | processes | syncs a minute | late: half, 99 %, all within s | runs waiting, at most | slots busy | process CPU | looks busy | server cores | calls a day |");
        Console.WriteLine("| ---: | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |");
        foreach (var connections in options.Connections)
        {
            var due = DueTimes(connections, mix);
            var processes = options.Processes ?? Enough(due, connections, options);
            Console.WriteLine(Simulate(due, connections, processes, options).Line(connections, processes, options));
        }
        return 0;
    }

    /// <summary>Every time a connection is due, in order, by the product's own rule.</summary>
    private static List<DateTimeOffset> DueTimes(int connections, IReadOnlyList<(UpdateFrequency Frequency, double Share)> mix)
    {
        var (random, all, due) = (new Random(1), mix.Sum(part => part.Share), new List<DateTimeOffset>());
        for (var number = 0; number < connections; number++)
        {
            var (id, at) = (new ConnectionId($"{number:x32}"), random.NextDouble() * all);
            var frequency = mix.First(part => (at -= part.Share) <= 0 || part == mix[^1]).Frequency;
            for (var next = frequency.NextAfter(Begin, id); next < Begin + WarmUp + Counted; next = frequency.NextAfter(next.Value, id)) due.Add(next.Value);
        }
        due.Sort();
        return due;
    }

    /// <summary>The fewest processes with which 99 of 100 syncs begin within two minutes; as many as are tried, if none does.</summary>
    private static int Enough(List<DateTimeOffset> due, int connections, ScalingOptions options)
    {
        for (var processes = 1; processes < options.MostProcesses; processes = Math.Max(processes + 1, processes * 5 / 4))
            if (Simulate(due, connections, processes, options).LateAt(0.99) <= 120) return processes;
        return options.MostProcesses;
    }

    private static Result Simulate(List<DateTimeOffset> due, int connections, int processes, ScalingOptions options)
    {
        var (ends, waiting, result) = (new PriorityQueue<double, double>(), new Queue<(double Due, double Queued)>(), new Result());
        var (next, look, slots) = (0, 0d, processes * RunsAtOnce);
        var end = (WarmUp + Counted).TotalSeconds;
        while (look < end)
        {
            // One process looks at a time, and begins what is due one after the other.
            var now = look + options.LookMs / 1000 * connections / 1000;
            for (; next < due.Count && (due[next] - Begin).TotalSeconds <= look; next++)
            {
                now += options.BeginMs / 1000;
                waiting.Enqueue(((due[next] - Begin).TotalSeconds, now));
            }
            if (look >= WarmUp.TotalSeconds) result.Looking += now - look;
            look = Math.Max(look + DueSyncs.Period.TotalSeconds, now);
            while (waiting.TryPeek(out var run))
            {
                while (ends.TryPeek(out _, out var ended) && ended <= run.Queued) ends.Dequeue();
                var starts = ends.Count < slots ? run.Queued : Math.Max(run.Queued, ends.TryPeek(out _, out var first) ? first : 0);
                if (starts > look) break;
                if (ends.Count >= slots) ends.Dequeue();
                waiting.Dequeue();
                var wait = options.Calls * options.Latency / 1000;
                var crowd = (ends.Count + 1) * (options.Cpu / 1000 / (wait + options.Cpu / 1000)) / (processes * options.Cores);
                var took = wait + options.Cpu / 1000 * Math.Max(1, crowd);
                ends.Enqueue(0, starts + took);
                if (run.Due < WarmUp.TotalSeconds) continue;
                result.Late.Add(starts - run.Due);
                result.Busy += took;
            }
            if (look >= WarmUp.TotalSeconds) result.Waiting = Math.Max(result.Waiting, waiting.Count);
        }
        // What has not begun at the end is later than anything that has.
        while (waiting.TryDequeue(out var left)) result.Late.Add(end - left.Due + 3600);
        for (; next < due.Count && (due[next] - Begin).TotalSeconds <= end - 60; next++) result.Late.Add(3600);
        result.Late.Sort();
        return result;
    }

    private sealed class Result
    {
        /// <summary>Seconds between the time that was due and the run's first step.</summary>
        public List<double> Late { get; } = [];

        public double Busy { get; set; }

        public double Looking { get; set; }

        public int Waiting { get; set; }

        public double LateAt(double share) => Late.Count == 0 ? 0 : Late[(int)((Late.Count - 1) * share)];

        public string Line(int connections, int processes, ScalingOptions options)
        {
            var rate = Late.Count / Counted.TotalSeconds;
            string Share(double part) => part.ToString("0 %", CultureInfo.InvariantCulture);
            string Lateness(double share) => LateAt(share) >= 3600 ? "never" : LateAt(share).ToString("0", CultureInfo.InvariantCulture);
            return string.Create(CultureInfo.InvariantCulture,
                $"| {connections:N0} | {processes:N0} | {rate * 60:N0} | {Lateness(0.5)}, {Lateness(0.99)}, {Lateness(1)} | {Waiting:N0} | {Share(Busy / Counted.TotalSeconds / (processes * RunsAtOnce))} | {Share(rate * options.Cpu / 1000 / (processes * options.Cores))} | {Share(Looking / Counted.TotalSeconds)} | {rate * options.ServerCpu / 1000:0.0} | {rate * 86_400 * options.Calls:N0} |");
        }
    }
}

/// <param name="Mix">Frequency=share, with commas.</param>
/// <param name="Processes">Null: as many as are enough.</param>
/// <param name="Latency">Of a call to Salesforce, ms.</param>
/// <param name="LookMs">For 1,000 connections.</param>
internal sealed record ScalingOptions(IReadOnlyList<int> Connections, string Mix, int? Processes, int MostProcesses, int Cores, double Calls, double Latency, double Cpu, double ServerCpu, double BeginMs, double LookMs)
{
    public static ScalingOptions Parse(string[] args)
    {
        string? Of(string name) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;
        double Number(string name, double usual) => Of(name) is { } text ? double.Parse(text, CultureInfo.InvariantCulture) : usual;
        return new ScalingOptions([.. (Of("--connections") ?? "1000,10000,100000").Split(',').Select(text => int.Parse(text, CultureInfo.InvariantCulture))], Of("--mix") ?? "1h=100",
            Of("--processes") is { } processes ? int.Parse(processes, CultureInfo.InvariantCulture) : null, (int)Number("--most-processes", 400), (int)Number("--cores", 2), Number("--calls", 10.3), Number("--latency", 150),
            Number("--cpu", 392), Number("--server-cpu", 486), Number("--begin", 34), Number("--look", 20));
    }
}
