using Orgtap.Benchmarks;

if (args is not ["first-load" or "postgres" or "serve" or "conversations" or "scale" or "scaling", .. var rest])
{
    await Console.Error.WriteLineAsync("usage: bench/run first-load [--rows 500000] [--rounds 5] [--page 50000] [--work DIR]\n       bench/run postgres [--rows 500000] [--rounds 5] [--page 50000]\n       bench/run serve [--rows 10000000] [--rounds 3] [--page 250000]\n       bench/run conversations [--megabytes 256] [--rounds 3]\n       bench/run scale [--connections 1000] [--tables 40] [--hours 3] [--frequency 1h] [--history 0] [--postgres]\n       bench/run scaling [--connections 1000,10000,100000] [--mix 1h=100] [--processes N] [--latency 150]");
    return 2;
}

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};
if (args[0] == "conversations") return Conversations.Run(rest);
if (args[0] == "scaling") return Scaling.Run(rest);
if (args[0] == "scale") return await Scale.RunAsync(rest, stop.Token);
if (args[0] == "postgres") return await PostgresLoad.RunAsync(FirstLoadOptions.Parse(rest), stop.Token);
return args[0] == "serve" ? await Serving.RunAsync(rest, stop.Token) : await FirstLoad.RunAsync(FirstLoadOptions.Parse(rest), stop.Token);
