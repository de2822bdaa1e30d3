using Orgtap.Primitives;
using Orgtap.Storage;

namespace Orgtap.App.Users;

/// <summary>Somebody who may sign in, as lists show it.</summary>
/// <param name="PausedUntil">Sign-in is paused after wrong passwords until then, UTC; null: it is not.</param>
public sealed record Person(User User, IReadOnlyList<ApiToken> Tokens, DateTimeOffset? PausedUntil);

/// <summary>What page, verb and endpoint alike do with people and their tokens. Each change is in the audit log.</summary>
public sealed class People(UserStore users, OneTimeLinks links, ApiTokens tokens, SignInFailures failures, AuditLog audit)
{
    /// <summary>Everybody but an account that nobody has claimed yet, by e-mail address.</summary>
    public async Task<IReadOnlyList<Person>> ListAsync(CancellationToken cancellationToken)
    {
        var all = new List<Person>();
        foreach (var user in await users.ListAsync(cancellationToken))
            if (!user.IsUnclaimed) all.Add(await OfAsync(user, cancellationToken));
        return all;
    }

    /// <exception cref="InvalidInputException">There is nobody with that address.</exception>
    public async Task<Person> GetAsync(string email, CancellationToken cancellationToken) => await OfAsync(await users.GetByEmailAsync(email, cancellationToken), cancellationToken);

    /// <summary>Adds somebody.</summary>
    /// <returns>The secret part of the link to choose a password; shown once.</returns>
    /// <exception cref="InvalidInputException">Not an e-mail address, no name, or the address is taken.</exception>
    public async Task<SecretText> AddAsync(string email, string name, Role role, string actor, CancellationToken cancellationToken)
    {
        var user = await users.AddAsync(email, name, role, cancellationToken);
        await audit.WriteAsync(actor, "user.added", user.Email, role.ToString(), cancellationToken);
        return await LinkAsync(user.Email, actor, cancellationToken);
    }

    /// <summary>A link to choose a (new) password; earlier ones stop working, the password and the sessions go on until it is used.</summary>
    public async Task<SecretText> LinkAsync(string email, string actor, CancellationToken cancellationToken)
    {
        var user = await users.GetByEmailAsync(email, cancellationToken);
        var secret = await links.IssueAsync(user, LinkPurpose.SetPassword, cancellationToken);
        await audit.WriteAsync(actor, "link.issued", user.Email, null, cancellationToken);
        return secret;
    }

    /// <summary>Counts at once, in open sessions and for tokens too.</summary>
    /// <exception cref="InvalidInputException">It would leave no administrator.</exception>
    public async Task SetRoleAsync(string email, Role role, string actor, CancellationToken cancellationToken)
    {
        var user = await users.GetByEmailAsync(email, cancellationToken);
        if (user.Role == role) return;
        await users.SetRoleAsync(user, role, cancellationToken);
        await audit.WriteAsync(actor, "role.set", user.Email, $"{user.Role} to {role}", cancellationToken);
    }

    /// <summary>Ends every browser session of somebody; tokens go on.</summary>
    public async Task EndSessionsAsync(string email, string actor, CancellationToken cancellationToken)
    {
        var user = await users.GetByEmailAsync(email, cancellationToken);
        await users.EndSessionsAsync(user, cancellationToken);
        await audit.WriteAsync(actor, "sign-in.ended-everywhere", user.Email, null, cancellationToken);
    }

    /// <summary>Ends a pause after wrong passwords.</summary>
    public async Task AllowSignInAsync(string email, string actor, CancellationToken cancellationToken)
    {
        var user = await users.GetByEmailAsync(email, cancellationToken);
        if (await failures.WaitAsync(user.Email, cancellationToken) is null) return;
        await failures.ForgetAsync(user.Email, cancellationToken);
        await audit.WriteAsync(actor, "sign-in.allowed", user.Email, null, cancellationToken);
    }

    /// <exception cref="InvalidInputException">It is the last administrator.</exception>
    public async Task RemoveAsync(string email, string actor, CancellationToken cancellationToken)
    {
        var user = await users.GetByEmailAsync(email, cancellationToken);
        await users.RemoveAsync(user, cancellationToken);
        await audit.WriteAsync(actor, "user.removed", user.Email, null, cancellationToken);
    }

    /// <returns>The token, shown once.</returns>
    public async Task<SecretText> IssueTokenAsync(string email, TokenWish wish, string actor, CancellationToken cancellationToken)
    {
        var user = await users.GetByEmailAsync(email, cancellationToken);
        var token = await tokens.IssueAsync(user, wish, cancellationToken);
        await audit.WriteAsync(actor, "token.issued", user.Email,
            $"{wish.Name.Trim()}: {string.Join(", ", wish.Scopes.Words())}{(wish.ValidFor is { } days ? $", for {days} days" : "")}", cancellationToken);
        return token;
    }

    public async Task RevokeTokenAsync(string email, string name, string actor, CancellationToken cancellationToken)
    {
        var user = await users.GetByEmailAsync(email, cancellationToken);
        await tokens.RevokeAsync(user, name, cancellationToken);
        await audit.WriteAsync(actor, "token.revoked", user.Email, name, cancellationToken);
    }

    private async Task<Person> OfAsync(User user, CancellationToken cancellationToken) =>
        new(user, await tokens.ListAsync(user, cancellationToken), await failures.WaitAsync(user.Email, cancellationToken));
}
