using System.Net.Mail;
using System.Security.Cryptography;
using Dapper;
using Orgtap.Primitives;
using Orgtap.Storage;

namespace Orgtap.App.Users;

/// <summary>Keeps users. Passwords arrive here hashed.</summary>
public sealed class UserStore(ControlStore store, TimeProvider time)
{
    private const string Columns = """
        id AS Id, email AS Email, name AS Name, role AS Role, password_hash AS PasswordHash, security_stamp AS SecurityStamp,
        created_at AS CreatedAt, last_sign_in_at AS LastSignInAt
        """;

    /// <exception cref="InvalidInputException">Not an e-mail address, no name, or the address is taken.</exception>
    public async Task<User> AddAsync(string email, string name, Role role, CancellationToken cancellationToken)
    {
        email = NormalizeEmail(email);
        return await InsertAsync(email, CheckName(name), role, cancellationToken);
    }

    /// <summary>The account of whoever opens the set-up link first; there is one at most, and only while nobody else exists.</summary>
    public async Task<User?> UnclaimedAdministratorAsync(CancellationToken cancellationToken)
    {
        var users = await ListAsync(cancellationToken);
        return users.Count == 0
            ? await InsertAsync(User.UnclaimedEmail, "Administrator", Role.Administrator, cancellationToken)
            : users is [{ IsUnclaimed: true } only] ? only : null;
    }

    public async Task<IReadOnlyList<User>> ListAsync(CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        return [.. (await db.QueryAsync<Row>($"SELECT {Columns} FROM users")).Select(Read).OrderBy(user => user.Email, StringComparer.Ordinal)];
    }

    public async Task<User?> FindAsync(string id, CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        return await db.QuerySingleOrDefaultAsync<Row>($"SELECT {Columns} FROM users WHERE id = @id", new { id }) is { } row ? Read(row) : null;
    }

    public async Task<User?> FindByEmailAsync(string email, CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        return await db.QuerySingleOrDefaultAsync<Row>($"SELECT {Columns} FROM users WHERE email = @email", new { email = email.Trim().ToLowerInvariant() }) is { } row
            ? Read(row) : null;
    }

    /// <exception cref="InvalidInputException">There is no such user; names those that exist.</exception>
    public async Task<User> GetByEmailAsync(string email, CancellationToken cancellationToken)
    {
        if (await FindByEmailAsync(email, cancellationToken) is { } found) return found;
        var all = await ListAsync(cancellationToken);
        throw new InvalidInputException($"There is no user {email}.",
            all.Count == 0 ? "Add one with `orgtap users add`." : $"Use one of: {string.Join(", ", all.Select(user => user.Email))}.");
    }

    /// <summary>Fills in an unclaimed account.</summary>
    /// <exception cref="InvalidInputException">Not an e-mail address, or no name.</exception>
    public Task ClaimAsync(User user, string email, string name, CancellationToken cancellationToken) =>
        UpdateAsync("email = @email, name = @name", user, new { id = user.Id, email = NormalizeEmail(email), name = CheckName(name) }, cancellationToken);

    /// <summary>Ends every session of the user too.</summary>
    public Task SetPasswordHashAsync(User user, string hash, CancellationToken cancellationToken) =>
        UpdateAsync("password_hash = @hash, security_stamp = @stamp", user, new { id = user.Id, hash, stamp = NewStamp() }, cancellationToken);

    /// <summary>A hash made with today's settings; sessions go on.</summary>
    public Task RehashAsync(User user, string hash, CancellationToken cancellationToken) =>
        UpdateAsync("password_hash = @hash", user, new { id = user.Id, hash }, cancellationToken);

    public Task SetSignedInAsync(User user, CancellationToken cancellationToken) =>
        UpdateAsync("last_sign_in_at = @at", user, new { id = user.Id, at = time.GetUtcNow().ToUnixTimeMilliseconds() }, cancellationToken);

    /// <summary>Sessions and tokens go on with the new role at once.</summary>
    /// <exception cref="InvalidInputException">It would leave no administrator.</exception>
    public Task SetRoleAsync(User user, Role role, CancellationToken cancellationToken) => store.WriteAsync(async transaction =>
    {
        if (role != Role.Administrator) await KeepAnAdministratorAsync(user, transaction);
        await transaction.Connection!.ExecuteAsync("UPDATE users SET role = @role WHERE id = @Id", new { user.Id, role = role.ToString() }, transaction);
    }, cancellationToken);

    /// <summary>Ends every browser session of the user.</summary>
    public Task EndSessionsAsync(User user, CancellationToken cancellationToken) =>
        UpdateAsync("security_stamp = @stamp", user, new { id = user.Id, stamp = NewStamp() }, cancellationToken);

    /// <exception cref="InvalidInputException">It is the last administrator.</exception>
    public Task RemoveAsync(User user, CancellationToken cancellationToken) => store.WriteAsync(async transaction =>
    {
        await KeepAnAdministratorAsync(user, transaction);
        await transaction.Connection!.ExecuteAsync("DELETE FROM users WHERE id = @Id", new { user.Id }, transaction);
    }, cancellationToken);

    // Within the transaction, so that two administrators cannot remove each other at the same moment.
    private static async Task KeepAnAdministratorAsync(User user, System.Data.Common.DbTransaction transaction)
    {
        var administrators = (await transaction.Connection!.QueryAsync<string>("SELECT id FROM users WHERE role = @role", new { role = nameof(Role.Administrator) }, transaction)).ToList();
        if (administrators.Count == 1 && administrators[0] == user.Id)
            throw new InvalidInputException($"{user.Email} is the last administrator.", "Make somebody else an administrator first.");
    }

    private async Task<User> InsertAsync(string email, string name, Role role, CancellationToken cancellationToken)
    {
        var user = new User(Guid.CreateVersion7().ToString("N"), email, name, role, null, NewStamp(), time.GetUtcNow(), null);
        await store.WriteAsync(async transaction =>
        {
            var db = transaction.Connection!;
            if (await db.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM users WHERE email = @email", new { email }, transaction) > 0)
                throw new InvalidInputException($"There is a user {email} already.", $"Give them a new link with `orgtap users link {email}`.");
            await db.ExecuteAsync("""
                INSERT INTO users (id, email, name, role, security_stamp, created_at) VALUES (@Id, @Email, @Name, @role, @SecurityStamp, @at)
                """, new { user.Id, user.Email, user.Name, role = role.ToString(), user.SecurityStamp, at = user.CreatedAt.ToUnixTimeMilliseconds() }, transaction);
        }, cancellationToken);
        return user;
    }

    private Task UpdateAsync(string assignment, User user, object values, CancellationToken cancellationToken) => store.WriteAsync(
        transaction => transaction.Connection!.ExecuteAsync($"UPDATE users SET {assignment} WHERE id = @id", values, transaction), cancellationToken);

    private static string NormalizeEmail(string email)
    {
        email = email.Trim().ToLowerInvariant();
        return email.Length <= 254 && MailAddress.TryCreate(email, out var parsed) && parsed.Address == email
            ? email
            : throw new InvalidInputException($"\"{email}\" is not an e-mail address.", "Give an address such as marta@example.com.");
    }

    private static string CheckName(string name) => name.Trim() is { Length: > 0 and <= 100 } trimmed
        ? trimmed
        : throw new InvalidInputException("A user needs a name.", "Give 1 to 100 characters.");

    private static string NewStamp() => Convert.ToHexString(RandomNumberGenerator.GetBytes(16));

    private static User Read(Row row) => new(
        row.Id, row.Email, row.Name, Enum.Parse<Role>(row.Role), row.PasswordHash, row.SecurityStamp,
        DateTimeOffset.FromUnixTimeMilliseconds(row.CreatedAt), row.LastSignInAt is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null);

    private sealed class Row
    {
        public string Id { get; init; } = "";
        public string Email { get; init; } = "";
        public string Name { get; init; } = "";
        public string Role { get; init; } = "";
        public string? PasswordHash { get; init; }
        public string SecurityStamp { get; init; } = "";
        public long CreatedAt { get; init; }
        public long? LastSignInAt { get; init; }
    }
}
