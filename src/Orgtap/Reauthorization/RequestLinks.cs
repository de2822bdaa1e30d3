using System.Buffers.Text;
using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using Orgtap.Primitives;
using Orgtap.Storage;

namespace Orgtap.Reauthorization;

/// <summary>
/// The secret part of a request's address, <c>SELECTOR.SECRET</c>. The selector (72 random bits) finds the row; the secret behind it (256) is stored as a hash and compared in constant time, so that neither the database nor the
/// time an answer takes tells anybody anything.
/// </summary>
internal static class RequestLinks
{
    /// <summary>The path of the admin's page, behind which the link's text stands.</summary>
    public const string Path = "/a/";

    public static async Task<SecretText> AddAsync(DbTransaction transaction, string requestId, DateTimeOffset now)
    {
        var (selector, secret) = (Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(9)), Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)));
        await transaction.Connection!.ExecuteAsync("INSERT INTO authorization_links (selector, request_id, secret_hash, created_at) VALUES (@selector, @requestId, @hash, @now)",
            new { selector, requestId, hash = Hash(secret), now = now.ToUnixTimeMilliseconds() }, transaction);
        return new SecretText($"{selector}.{secret}");
    }

    /// <returns>The request's id; null: no such link.</returns>
    public static async Task<string?> FindAsync(ControlStore store, string link, CancellationToken cancellationToken)
    {
        var dot = link.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0) return null;
        await using var db = await store.ConnectAsync(cancellationToken);
        var (request, hash) = await db.QuerySingleOrDefaultAsync<(string?, string?)>(
            "SELECT request_id, secret_hash FROM authorization_links WHERE selector = @selector", new { selector = link[..dot] });
        return hash is not null && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(hash), Encoding.ASCII.GetBytes(Hash(link[(dot + 1)..]))) ? request : null;
    }

    private static string Hash(string secret) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
}
