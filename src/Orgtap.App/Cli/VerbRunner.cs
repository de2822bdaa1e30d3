using System.CommandLine;
using System.Globalization;
using Orgtap.App.Composition;
using Orgtap.Primitives;

namespace Orgtap.App.Cli;

/// <summary>How much of the data directory a verb needs.</summary>
internal enum Needs
{
    /// <summary>Nothing; the verb opens what it wants itself.</summary>
    Nothing,

    /// <summary>Reads, or edits rows of the control store; works beside an owner.</summary>
    Stores,

    /// <summary>As <see cref="Stores"/>; with <c>--server</c> the HTTP API there does it.</summary>
    StoresAnywhere,

    /// <summary>Speaks to Salesforce or writes replicas, which one process at a time may: this one, or the owner that is there, asked through <see cref="IOwner"/>.</summary>
    Owner,

    /// <summary>As <see cref="Owner"/>, and no owner can be asked to do it: ends with code 5 beside one.</summary>
    Ownership,
}

/// <summary>What a running verb has at hand.</summary>
internal sealed record VerbContext(ParseResult Parsed, Terminal Terminal, InstallationSettings Settings, IServiceProvider Services)
{
    public TextWriter Out => Terminal.Out;

    public T? Get<T>(Option<T> option) => Parsed.GetValue(option);

    public T Get<T>(Argument<T> argument) => Parsed.GetRequiredValue(argument);

    /// <summary>For verbs that need <see cref="Needs.Owner"/>.</summary>
    public IOwner Owner => Services.GetRequiredService<IOwner>();

    /// <summary>For verbs that need <see cref="Needs.StoresAnywhere"/>.</summary>
    public IPeople People => Services.GetRequiredService<IPeople>();

    /// <summary>For verbs that need <see cref="Needs.StoresAnywhere"/>.</summary>
    public IReadings Readings => Services.GetRequiredService<IReadings>();

    public T Service<T>() where T : notnull => Services.GetRequiredService<T>();
}

/// <summary>Turns verbs into commands: opens what they need, and makes exit codes and sentences of what goes wrong.</summary>
internal sealed class VerbRunner(Terminal terminal)
{
    private readonly Dictionary<Command, string[]> _examples = [];

    public Terminal Terminal => terminal;

    public Option<string?> Data { get; } = new("--data")
    {
        Description = "Data directory (also ORGTAP_DATA; default ~/.local/share/orgtap)",
        HelpName = "DIR",
        Recursive = true,
    };

    public Option<string?> Database { get; } = new("--database")
    {
        Description = "PostgreSQL database of the control store, without a password (also ORGTAP_DATABASE; default control.db in the data directory)",
        HelpName = "ADDRESS",
        Recursive = true,
    };

    public Option<bool> Verbose { get; } = new("--verbose") { Description = "Say more when something goes wrong", Recursive = true };

    public Option<string?> Server { get; } = new("--server")
    {
        Description = "Let the Orgtap at this address do it, with the API token in ORGTAP_TOKEN",
        HelpName = "URL",
        Recursive = true,
    };

    public static Option<bool> Json() => new("--json") { Description = "Write JSON for programs" };

    public static Argument<string> Connection() => new("NAME") { Description = "Name of the connection" };

    public IReadOnlyList<string> ExamplesOf(Command command) => _examples.GetValueOrDefault(command) ?? [];

    /// <summary>Gives a command its work and the examples its help shows.</summary>
    public Command Run(Command command, Needs needs, string[] examples, Func<VerbContext, CancellationToken, Task<int>> work)
    {
        _examples[command] = examples;
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, command, needs, work, cancellationToken));
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, Command command, Needs needs, Func<VerbContext, CancellationToken, Task<int>> work, CancellationToken cancellationToken)
    {
        var json = command.Options.OfType<Option<bool>>().FirstOrDefault(option => option.Name == "--json") is { } option && parsed.GetValue(option);
        var verbose = parsed.GetValue(Verbose);
        InstallationSettings? settings = null;
        try
        {
            settings = InstallationSettings.Read(parsed.GetValue(Data), terminal.Variable, parsed.GetValue(Database));
            return await OpenAsync(parsed, command, needs, settings, async services => await work(new VerbContext(parsed, terminal, settings, services), cancellationToken), cancellationToken);
        }
        catch (StoppedException stopped)
        {
            terminal.Error.WriteLine(stopped.Message);
            return ExitCode.Cancelled;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            terminal.Error.WriteLine("Stopped. What was committed is kept; the next sync goes on from there.");
            return ExitCode.Cancelled;
        }
        catch (OrgtapException failure)
        {
            ErrorText.Write(terminal.Error, failure, json, verbose, terminal.Time);
            return ExitCode.Of(failure);
        }
        catch (Exception defect)
        {
            Report(defect, settings, verbose);
            return ExitCode.Defect;
        }
    }

    /// <summary>Opens what the verb needs and lets it work on that.</summary>
    private async Task<int> OpenAsync(ParseResult parsed, Command command, Needs needs, InstallationSettings settings, Func<IServiceProvider, Task<int>> work, CancellationToken cancellationToken)
    {
        if (parsed.GetValue(Server) is { } server)
        {
            if (needs is not (Needs.Owner or Needs.StoresAnywhere))
                throw new InvalidInputException($"`orgtap {NameOf(command)}` cannot be done over --server.", "Run it where the data directory is, or use the pages or the HTTP API there.");
            return await AskAsync(ApiClient.OverNetwork(server, SecretText.From(terminal.Variable("ORGTAP_TOKEN"))), work);
        }
        var services = new ServiceCollection();
        if (needs == Needs.Nothing)
        {
            await using var empty = services.BuildServiceProvider();
            return await work(empty);
        }
        Installation installation;
        try
        {
            installation = await Installation.OpenAsync(settings, needs is Needs.Owner or Needs.Ownership ? NameOf(command) : null, terminal.Time, cancellationToken);
        }
        catch (DirectoryInUseException inUse) when (needs == Needs.Owner && inUse.Owner is not null && File.Exists(Api.LocalSocket.PathIn(settings.DataDirectory)))
        {
            return await AskAsync(ApiClient.OverSocket(Api.LocalSocket.PathIn(settings.DataDirectory), inUse.Owner), work);
        }
        await using (installation)
        {
            services.AddLogging(logging => LogTo(logging, parsed.GetValue(Verbose), settings.LogsJson));
            installation.AddTo(services);
            services.AddSingleton<IOwner, OwnerHere>();
            services.AddSingleton<IPeople, PeopleHere>();
            services.AddSingleton<IReadings, ReadingsHere>();
            await using var provider = services.BuildServiceProvider();
            using var trace = TraceIds.Begin(NameOf(command));
            return await work(provider);
        }
    }

    private async Task<int> AskAsync(ApiClient api, Func<IServiceProvider, Task<int>> work)
    {
        var services = new ServiceCollection();
        services.AddSingleton(api);
        services.AddSingleton(terminal);
        services.AddSingleton<IOwner, OwnerElsewhere>();
        services.AddSingleton<IPeople, PeopleElsewhere>();
        services.AddSingleton<IReadings, ReadingsElsewhere>();
        await using var provider = services.BuildServiceProvider();
        return await work(provider);
    }

    /// <summary>The console is for people: only errors of ours, unless more is asked for. As JSON it is for programs, which get everything that happened, each event with the id of its trace.</summary>
    public static void LogTo(ILoggingBuilder logging, bool verbose, bool json)
    {
        logging.ClearProviders();
        if (json)
        {
            logging.AddJsonConsole(console => (console.IncludeScopes, console.UseUtcTimestamp, console.TimestampFormat) = (true, true, "yyyy-MM-ddTHH:mm:ss.fffZ"));
            logging.Configure(options => options.ActivityTrackingOptions = ActivityTrackingOptions.TraceId | ActivityTrackingOptions.SpanId);
            TraceIds.Listen();
        }
        else
        {
            logging.AddSimpleConsole(console => (console.SingleLine, console.TimestampFormat) = (true, "HH:mm:ss "));
        }
        logging.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        logging.SetMinimumLevel(verbose ? LogLevel.Debug : json ? LogLevel.Information : LogLevel.Error);
        if (json && !verbose) foreach (var others in (IReadOnlyList<string>)["Microsoft", "System", "Quartz", "Npgsql"]) logging.AddFilter(others, LogLevel.Warning);
        // The start-up warning and the system page say in our own words how the keys are kept.
        if (!verbose) logging.AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.None);
    }

    private void Report(Exception defect, InstallationSettings? settings, bool verbose)
    {
        terminal.Error.WriteLine("Error: Something went wrong that Orgtap does not know.");
        if (verbose)
        {
            terminal.Error.WriteLine(defect);
            return;
        }
        var written = settings is null ? null : WriteLog(defect, settings);
        terminal.Error.WriteLine(written is null
            ? "Your turn: Run it again with --verbose and report what it prints."
            : $"Your turn: Report it with {written}, or run it again with --verbose.");
    }

    private string? WriteLog(Exception defect, InstallationSettings settings)
    {
        try
        {
            var directory = Path.Combine(settings.DataDirectory, "logs");
            PrivateDirectory.Ensure(directory);
            var path = Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"error-{terminal.Time.GetUtcNow():yyyyMMdd-HHmmss}.log"));
            File.WriteAllText(path, defect.ToString());
            return path;
        }
        catch (Exception unwritable) when (unwritable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string NameOf(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent and not RootCommand ? $"{parent.Name} {command.Name}" : command.Name;
}
