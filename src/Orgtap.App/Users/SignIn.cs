using Microsoft.AspNetCore.Identity;
using Orgtap.Primitives;
using Orgtap.Storage;

namespace Orgtap.App.Users;

/// <summary>What became of an attempt to sign in.</summary>
public abstract record SignInAnswer
{
    private SignInAnswer()
    {
    }

    public sealed record SignedIn(User User) : SignInAnswer;

    /// <param name="TriesLeft">Before a pause.</param>
    public sealed record Refused(int TriesLeft) : SignInAnswer;

    /// <param name="Until">When the next try is allowed, UTC.</param>
    public sealed record Waits(DateTimeOffset Until) : SignInAnswer;
}

/// <summary>Checks passwords and sets them. Answers alike whether the e-mail address is known or not.</summary>
public sealed class SignIn(UserStore users, SignInFailures failures, AuditLog audit)
{
    /// <summary>Shortest password, in characters. Length is what counts; no rules about kinds of characters.</summary>
    public const int ShortestPassword = 12;

    private static readonly PasswordHasher<string> Hasher = new();

    // Checked for unknown addresses, so that they take as long as known ones.
    private static readonly string NobodysHash = Hasher.HashPassword("", Guid.NewGuid().ToString());

    /// <summary>Somebody wants in.</summary>
    public async Task<SignInAnswer> TryAsync(string email, string password, CancellationToken cancellationToken)
    {
        var answer = await CheckAsync(email, password, cancellationToken);
        if (answer is not SignInAnswer.SignedIn { User: var user }) return answer;
        await users.SetSignedInAsync(user, cancellationToken);
        await audit.WriteAsync(user.Email, "sign-in.accepted", user.Email, null, cancellationToken);
        return answer;
    }

    /// <summary>Whether a password is the right one; wrong ones count, and a pause is kept.</summary>
    public async Task<SignInAnswer> CheckAsync(string email, string password, CancellationToken cancellationToken)
    {
        if (await failures.WaitAsync(email, cancellationToken) is { } until) return new SignInAnswer.Waits(until);

        var user = await users.FindByEmailAsync(email, cancellationToken);
        var verdict = Hasher.VerifyHashedPassword(user?.Email ?? "", user?.PasswordHash ?? NobodysHash, password);
        if (user?.PasswordHash is null || verdict == PasswordVerificationResult.Failed)
        {
            var left = await failures.CountAsync(email, cancellationToken);
            if (left > 0) return new SignInAnswer.Refused(left);
            await audit.WriteAsync("sign-in page", "sign-in.paused", user?.Email ?? "unknown address", null, cancellationToken);
            return await failures.WaitAsync(email, cancellationToken) is { } pause ? new SignInAnswer.Waits(pause) : new SignInAnswer.Refused(0);
        }

        await failures.ForgetAsync(email, cancellationToken);
        if (verdict == PasswordVerificationResult.SuccessRehashNeeded)
            await users.RehashAsync(user, Hasher.HashPassword(user.Email, password), cancellationToken);
        return new SignInAnswer.SignedIn(user);
    }

    /// <exception cref="InvalidInputException">Too short, too long, or the e-mail address itself.</exception>
    public async Task SetPasswordAsync(User user, string password, CancellationToken cancellationToken)
    {
        if (password.Length < ShortestPassword)
            throw new InvalidInputException($"The password has {password.Length} characters.", $"Use at least {ShortestPassword}; four words are easy to remember.");
        if (password.Length > 256) throw new InvalidInputException("The password has more than 256 characters.", "Use a shorter one.");
        if (string.Equals(password, user.Email, StringComparison.OrdinalIgnoreCase))
            throw new InvalidInputException("The password is the e-mail address.", "Choose another.");
        await users.SetPasswordHashAsync(user, Hasher.HashPassword(user.Email, password), cancellationToken);
        await failures.ForgetAsync(user.Email, cancellationToken);
        await audit.WriteAsync(user.Email, "password.set", user.Email, null, cancellationToken);
    }
}
