using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Reauthorization;
using Orgtap.Storage;

namespace Orgtap.App.Overviews;

/// <summary>What is to be checked of an org's side.</summary>
/// <param name="Connection">Name of a connection; then address, app and secrets are its own.</param>
/// <param name="CallbackUrl">Absent: that of this installation's pages.</param>
/// <param name="Steps">Absent or empty: all.</param>
public sealed record SetupCheckDocument(
    string? Connection = null, string? Url = null, string? ClientId = null, string? ClientSecret = null, string? Username = null, string? Password = null, string? SecurityToken = null, string? CallbackUrl = null,
    IReadOnlyList<SetupStep>? Steps = null);

/// <summary>What was found at one step of the setup guide.</summary>
public sealed record SetupFindingDocument(SetupStep Step, IReadOnlyList<CheckDocument> Checks);

/// <summary>Checks an org's side, for page, verb and endpoint alike.</summary>
public sealed class SetupDesk(SetupChecks checks, ConnectionStore connections, AuditLog audit)
{
    /// <exception cref="InvalidInputException">There is no such connection, or the address is none of Salesforce's.</exception>
    public async Task<IReadOnlyList<SetupFindingDocument>> CheckAsync(SetupCheckDocument wanted, Uri callback, string actor, CancellationToken cancellationToken)
    {
        var connection = Filled(wanted.Connection) is { } name ? await connections.GetAsync(name, cancellationToken) : null;
        var url = wanted.Url?.Trim() ?? "";
        var found = await checks.RunAsync(new SetupProbe(
            connection, url, wanted.ClientId?.Trim() ?? "", SecretText.From(wanted.ClientSecret), Filled(wanted.Username) ?? connection?.Username, SecretText.From(wanted.Password), SecretText.From(wanted.SecurityToken),
            Filled(wanted.CallbackUrl) ?? callback.AbsoluteUri), [.. wanted.Steps ?? []], cancellationToken);
        await audit.WriteAsync(actor, "setup.checked", connection?.Name ?? url, string.Join(", ", found.Select(finding => finding.Step)), cancellationToken);
        return [.. found.Select(finding => new SetupFindingDocument(finding.Step, [.. finding.Checks.Select(CheckDocument.Of)]))];
    }

    private static string? Filled(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
