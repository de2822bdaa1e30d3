namespace Orgtap.SimulatedOrg.OAuth;

/// <summary>
/// Names that stand for the login hosts all orgs share. The org itself answers to any name; reached as <c>login.…</c> or <c>test.…</c> (as in
/// <c>login.localhost</c>) it behaves as those hosts do, reached otherwise as a My Domain.
/// </summary>
internal static class LoginHosts
{
    public static bool IsShared(string host) =>
        host.StartsWith("login.", StringComparison.OrdinalIgnoreCase) || host.StartsWith("test.", StringComparison.OrdinalIgnoreCase);
}
