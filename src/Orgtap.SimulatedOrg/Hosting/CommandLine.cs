using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Orgtap.SimulatedOrg.Control;
using Orgtap.SimulatedOrg.OAuth;

namespace Orgtap.SimulatedOrg.Hosting;

/// <summary>The program's options, and what it does with them: start, print one line of JSON, serve until told to stop.</summary>
internal static class CommandLine
{
    private static readonly SimulatedOrgOptions Defaults = new();

    public static RootCommand Build()
    {
        var listen = Text("--listen", "Address and port to listen on; port 0 takes any free one.", Defaults.Listen);
        var seed = new Option<int>("--seed") { Description = "All data follow from it.", DefaultValueFactory = _ => Defaults.Seed };
        var records = new Option<string?>("--records") { Description = "Rows per object, e.g. Account=5000,Contact=12000; objects not named have none. Default: about 400,000 rows over 45 objects." };
        records.Validators.Add(result =>
        {
            try
            {
                ParseRecords(result.Tokens[0].Value);
            }
            catch (FormatException broken)
            {
                result.AddError($"--records: {broken.Message} Example: Account=5000,Contact=12000");
            }
        });
        var extraObjects = new Option<int>("--extra-objects") { Description = "Further custom objects." };
        var extraFields = new Option<int>("--extra-fields") { Description = "Custom fields of each further object." };
        var user = Text("--user", "Who signs in.", Defaults.User);
        var password = Secret("--password", "The user's password.");
        var token = Secret("--security-token", "The user's security token.");
        var clientId = Secret("--client-id", "The app's consumer key.");
        var clientSecret = Secret("--client-secret", "The app's consumer secret.");
        var redirect = new Option<string[]>("--redirect-uri") { Description = "A callback address of the app; repeatable. Without it any loopback address is accepted.", AllowMultipleArgumentsPerToken = false };
        var requirePkce = Flag("--require-pkce", "The app insists on PKCE.");
        var rotate = Flag("--rotate-refresh-tokens", "Each refresh hands out a new refresh token.");
        var certificate = new Option<string?>("--jwt-certificate") { Description = "File with the certificate or public key (PEM or DER) that the app's JWTs are checked with; the user is approved for the app beforehand.", CustomParser = ReadCertificate };
        var tls = new Option<string?>("--tls-certificate") { Description = "File (PEM) with a certificate and its private key: the org speaks HTTPS with it, which some clients insist on. Default: plain HTTP.", CustomParser = ReadTlsCertificate };
        var limit = new Option<long>("--api-limit") { Description = "API calls per rolling 24 hours.", DefaultValueFactory = _ => Defaults.ApiLimit };
        var bulkDelay = new Option<double>("--bulk-delay") { Description = "Seconds that a Bulk job stays unfinished." };
        var pageRows = new Option<int>("--bulk-page-rows") { Description = "Rows per Bulk result page where the client does not say.", DefaultValueFactory = _ => Defaults.BulkPageRows };
        var scenario = new Option<string?>("--scenario") { Description = "File (JSON) that says what happens in the course of time: faults, changed people, apps and policies. The README describes it.", CustomParser = ReadScenario };
        var now = new Option<DateTimeOffset?>("--now") { Description = "Where the org's clock starts. Default: the machine's time.", CustomParser = result => DateTimeOffset.Parse(result.Tokens[0].Value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal) };
        var controlKey = Secret("--control-key", "The key of the control API.");
        var spool = new Option<string?>("--spool") { Description = "Where the folder for Bulk results is made, which is removed at the end. Default: the temporary folder." };
        var maxVersion = new Option<decimal>("--max-api-version") { Description = "The newest API version offered.", DefaultValueFactory = _ => Defaults.Oldness.MaxApiVersion };
        var noResultPages = Flag("--no-result-pages", "No parallel result pages of Bulk jobs.");
        var noComposite = Flag("--no-composite", "No /composite.");
        var noCountHeader = Flag("--no-record-count-header", "Bulk result pages do not say how many records they hold.");
        var noProcessed = Flag("--no-processed-count", "Bulk job info does not say how many records it holds.");
        var noRecordCount = Flag("--no-record-count-resource", "No /limits/recordCount.");
        var decimalZeroes = Flag("--decimal-zeroes", "CSV carries some zeroes of int fields as 0.0.");
        var unquoted = Flag("--unquoted-csv", "CSV cells are quoted only where they must be.");
        var crlf = Flag("--crlf", "CSV lines end with CR LF.");
        var locators = new Option<LocatorStyle>("--locators") { Description = "How Bulk locators look." };
        var shortIds = Flag("--short-ids", "CSV carries Ids of 15 characters.");
        var noBulk = new Option<string[]>("--no-bulk") { Description = "An object that the Bulk API refuses; repeatable." };

        var command = new RootCommand("""
            A Salesforce org on this machine, for trying and testing clients: every OAuth flow, SOAP login, OpenID Connect, REST, SOQL, Bulk API, limits, change events.
            Its data follow from a seed; credentials not given are random, and the port is any free one, so that several orgs run side by side. When ready it prints one
            line of JSON: address, orgId, user, password, securityToken, clientId, clientSecret, controlAddress, controlKey. Ctrl-C or SIGTERM stops it; its files go with it.

            Examples:
              orgtap-simulated-org --listen 127.0.0.1:9333 --seed 7 --records Account=5000,Contact=12000 --user me@example.com --password secret
              orgtap-simulated-org --client-id key --client-secret secret --redirect-uri http://localhost:1717/OauthRedirect --jwt-certificate client.crt
              orgtap-simulated-org --scenario bad-day.json --api-limit 15000

            What can be changed while it runs (people, apps, faults, time, rows) is done over HTTP at controlAddress; its README tells how.
            """)
        {
            listen, seed, records, extraObjects, extraFields, user, password, token, clientId, clientSecret, redirect, requirePkce, rotate, certificate, tls, limit,
            bulkDelay, pageRows, scenario, now, controlKey, spool, maxVersion, noResultPages, noComposite, noCountHeader, noProcessed, noRecordCount,
            unquoted, decimalZeroes, crlf, locators, shortIds, noBulk,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(new SimulatedOrgOptions
        {
            Listen = parsed.GetValue(listen)!,
            Seed = parsed.GetValue(seed),
            Records = parsed.GetValue(records) is { } counts ? ParseRecords(counts) : Defaults.Records,
            ExtraObjects = parsed.GetValue(extraObjects),
            ExtraFields = parsed.GetValue(extraFields),
            User = parsed.GetValue(user)!,
            Password = parsed.GetValue(password),
            SecurityToken = parsed.GetValue(token),
            ClientId = parsed.GetValue(clientId),
            ClientSecret = parsed.GetValue(clientSecret),
            RedirectUris = parsed.GetValue(redirect) ?? [],
            RequirePkce = parsed.GetValue(requirePkce),
            RotateRefreshTokens = parsed.GetValue(rotate),
            JwtCertificate = parsed.GetValue(certificate),
            TlsCertificate = parsed.GetValue(tls),
            ApiLimit = parsed.GetValue(limit),
            BulkDelay = TimeSpan.FromSeconds(parsed.GetValue(bulkDelay)),
            BulkPageRows = parsed.GetValue(pageRows),
            Scenario = parsed.GetValue(scenario),
            Now = parsed.GetValue(now),
            ControlKey = parsed.GetValue(controlKey),
            SpoolFolder = parsed.GetValue(spool),
            Oldness = new Oldness
            {
                MaxApiVersion = parsed.GetValue(maxVersion),
                NoResultPages = parsed.GetValue(noResultPages),
                NoComposite = parsed.GetValue(noComposite),
                NoRecordCountHeader = parsed.GetValue(noCountHeader),
                NoProcessedCount = parsed.GetValue(noProcessed),
                NoRecordCountResource = parsed.GetValue(noRecordCount),
                UnquotedCsv = parsed.GetValue(unquoted),
                DecimalZeroes = parsed.GetValue(decimalZeroes),
                CrLf = parsed.GetValue(crlf),
                Locators = parsed.GetValue(locators),
                ShortIds = parsed.GetValue(shortIds),
                NoBulk = parsed.GetValue(noBulk) ?? [],
            },
        }, cancellationToken));
        return command;
    }

    /// <summary>Reads <c>Account=5000,Contact=12000</c>.</summary>
    /// <exception cref="FormatException">Not of that form.</exception>
    public static IReadOnlyDictionary<string, long> ParseRecords(string text)
    {
        var records = new Dictionary<string, long>();
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (part.Split('=') is not [var name, var count] || !long.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var rows))
                throw new FormatException($"'{part}' is not of the form Object=rows.");
            records[name] = rows;
        }
        return records;
    }

    private static async Task<int> RunAsync(SimulatedOrgOptions options, CancellationToken cancellationToken)
    {
        SimulatedOrgHost started;
        try
        {
            started = await SimulatedOrgHost.StartAsync(options, cancellationToken);
        }
        catch (Exception refusal) when (refusal is IOException or ArgumentException or FormatException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"orgtap-simulated-org did not start: {refusal.Message}");
            return 2;
        }
        await using var org = started;
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            address = org.Address.ToString().TrimEnd('/'),
            orgId = org.Store.OrganizationId,
            user = org.User,
            password = org.Password,
            securityToken = org.SecurityToken,
            clientId = org.ClientId,
            clientSecret = org.ClientSecret,
            controlAddress = org.ControlAddress.ToString(),
            controlKey = org.ControlKey,
        }));
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (cancellationToken.Register(stopped.SetResult)) await stopped.Task;
        return 0;
    }

    private static string? ReadCertificate(ArgumentResult result) => Read(result, "--jwt-certificate", RsaKeys.ReadFile);

    private static string? ReadTlsCertificate(ArgumentResult result) => Read(result, "--tls-certificate", path =>
    {
        var pem = File.ReadAllText(path);
        try
        {
            X509Certificate2.CreateFromPem(pem, pem).Dispose();
            return pem;
        }
        catch (CryptographicException broken)
        {
            throw new FormatException($"{broken.Message} The file holds a certificate and its private key, one behind the other, as PEM.", broken);
        }
    });

    private static string? ReadScenario(ArgumentResult result) => Read(result, "--scenario", path =>
    {
        var json = File.ReadAllText(path);
        Scenario.Parse(json);
        return json;
    });

    private static string? Read(ArgumentResult result, string option, Func<string, string> read)
    {
        var path = result.Tokens[0].Value;
        try
        {
            return read(path);
        }
        catch (Exception broken) when (broken is FormatException or IOException or UnauthorizedAccessException)
        {
            result.AddError($"{option} {path}: {broken.Message}");
            return null;
        }
    }

    private static Option<string> Text(string name, string description, string value) =>
        new(name) { Description = description, DefaultValueFactory = _ => value };

    private static Option<string?> Secret(string name, string description) => new(name) { Description = description + " Default: random." };

    private static Option<bool> Flag(string name, string description) => new(name) { Description = description };
}
