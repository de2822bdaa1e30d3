using Orgtap.App.Web.SignIn;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Syncs;

namespace Orgtap.App.Api;

/// <summary>A query on a replica.</summary>
/// <param name="Sql">One SELECT; tables and columns have Salesforce's API names.</param>
/// <param name="Limit">1 to 100,000 rows; 1,000 if absent.</param>
public sealed record QueryDocument(string Sql, int? Limit);

/// <summary>Its answer.</summary>
/// <param name="Rows">Values in the order of <paramref name="Columns"/>: null, number or text (docs/types.md).</param>
/// <param name="Truncated">There were more rows than the limit.</param>
public sealed record QueryAnswerDocument(IReadOnlyList<string> Columns, IReadOnlyList<object?[]> Rows, bool Truncated);

/// <summary>Read-only SQL on a replica.</summary>
internal static class QueryApi
{
    /// <summary>Rows in one answer, at most.</summary>
    public const int MostRows = 100_000;

    // A query that runs longer belongs on the replica file itself.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static void Map(IEndpointRouteBuilder api) => api.MapPost("/connections/{name}/query", QueryAsync)
        .AddEndpointFilter<KnownConnectionFilter>().RequireAuthorization(Roles.Rows).WithTags("Query").WithSummary("Ask the replica in SQL; nothing can be changed");

    private static async Task<QueryAnswerDocument> QueryAsync(
        string name, QueryDocument query, HttpContext context, ConnectionStore connections, ReplicaFiles replicas, TimeProvider time, CancellationToken cancellationToken)
    {
        var connection = await connections.GetAsync(name, cancellationToken);
        if (query.Limit is < 1 or > MostRows) throw new InvalidInputException($"A limit of {query.Limit} is not possible.", $"Give 1 to {MostRows}.");
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            await using var answer = await replicas.QueryAsync(connection, query.Sql, query.Limit ?? 1_000, trusted: LocalSocket.Carries(context), either.Token);
            var rows = new List<object?[]>();
            await foreach (var row in answer.ReadAsync(either.Token)) rows.Add(row);
            return new QueryAnswerDocument(answer.Columns, rows, answer.IsTruncated);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new InvalidInputException($"The query took longer than {Patience.TotalSeconds:0} seconds.", "Ask for less, or read the replica with sqlite3 or psql.");
        }
    }
}
