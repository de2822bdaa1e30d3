using System.CommandLine;
using Orgtap.Primitives;

namespace Orgtap.App.Cli;

/// <summary>
/// Secrets for a verb: from a file, from standard input, from the environment, or asked for. Never from arguments, which every user of the machine
/// can read in the list of processes.
/// </summary>
internal sealed class Secrets
{
    private readonly Option<string?> _passwordFile = File("--password-file", "the password");
    private readonly Option<string?> _tokenFile = File("--security-token-file", "the security token");
    private readonly Option<string?> _clientSecretFile = File("--client-secret-file", "the app's consumer secret");

    private readonly Option<string?> _keyFile = File("--private-key-file", "the private key of the app's certificate, PEM (flow jwt)");

    private readonly Option<bool> _fromStdin = new("--secrets-stdin")
    {
        Description = "Read secrets from standard input: lines password=…, security-token=…, client-secret=…",
    };

    public void AddTo(Command command)
    {
        command.Add(_passwordFile);
        command.Add(_tokenFile);
        command.Add(_clientSecretFile);
        command.Add(_keyFile);
        command.Add(_fromStdin);
    }

    /// <param name="needsPassword">Ask for a password and a security token where a person can answer.</param>
    /// <exception cref="InvalidInputException">A file cannot be read, or standard input has a line that is not understood.</exception>
    public ConnectSecrets Read(VerbContext context, bool needsPassword)
    {
        var given = context.Get(_fromStdin) ? ReadLines(context.Terminal.In) : [];
        var clientSecret = Find(context, given, "client-secret", _clientSecretFile, "ORGTAP_CLIENT_SECRET");
        var password = Find(context, given, "password", _passwordFile, "ORGTAP_PASSWORD");
        var token = Find(context, given, "security-token", _tokenFile, "ORGTAP_SECURITY_TOKEN");
        if (context.Terminal.Interactive && !context.Get(_fromStdin))
        {
            clientSecret ??= SecretText.From(context.Terminal.AskSecret("Consumer secret (empty if the app has none):"));
            if (needsPassword && password is null)
            {
                password = SecretText.From(context.Terminal.AskSecret("Password:"));
                token ??= SecretText.From(context.Terminal.AskSecret("Security token (empty if this machine's address is trusted):"));
            }
        }
        return new ConnectSecrets(clientSecret, password, token, Find(context, [], "private-key", _keyFile, "ORGTAP_PRIVATE_KEY"));
    }

    private static SecretText? Find(VerbContext context, Dictionary<string, string> given, string name, Option<string?> file, string variable)
    {
        if (given.TryGetValue(name, out var line)) return SecretText.From(line);
        if (context.Get(file) is { } path)
        {
            try
            {
                return SecretText.From(System.IO.File.ReadAllText(path).TrimEnd('\r', '\n'));
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                throw new InvalidInputException($"The file {path} cannot be read: {failure.Message}", $"Check {file.Name}.", failure);
            }
        }
        return SecretText.From(context.Terminal.Variable(variable));
    }

    /// <summary>Reads to the end of the input. What stands behind the first = is the secret, spaces included.</summary>
    internal static Dictionary<string, string> ReadLines(TextReader input)
    {
        var secrets = new Dictionary<string, string>(StringComparer.Ordinal);
        while (input.ReadLine() is { } line)
        {
            if (line.Length == 0) continue;
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? "" : line[..equals];
            if (name is not ("password" or "security-token" or "client-secret"))
                throw new InvalidInputException("Standard input has a line that is not of the form password=…, security-token=… or client-secret=….",
                    "Write one secret a line; the line itself is not shown here.");
            secrets[name] = line[(equals + 1)..];
        }
        return secrets;
    }

    private static Option<string?> File(string name, string what) => new(name) { Description = $"File that holds {what}", HelpName = "FILE" };
}

/// <summary>The secrets of a connection to be.</summary>
internal sealed record ConnectSecrets(SecretText? ClientSecret, SecretText? Password, SecretText? SecurityToken, SecretText? PrivateKey);
