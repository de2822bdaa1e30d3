using Orgtap.Connections;
using Orgtap.Conversations.Importing;
using Orgtap.Primitives;
using Orgtap.Syncs;

namespace Orgtap.Conversations;

/// <summary>Reads imported conversations, from a file or from PostgreSQL.</summary>
public sealed class ConversationReader(ReplicaFiles replicas, TimeProvider time)
{
    /// <summary>Conversations on one page of a list, at most.</summary>
    public const int MostOnPage = 1_000;

    /// <summary>A page of the list, newest first; empty where nothing was imported yet.</summary>
    /// <exception cref="OrgtapException">The limit is out of range, or the replica cannot be read.</exception>
    public async Task<IReadOnlyList<ConversationLine>> ListAsync(Connection connection, ConversationQuestion question, CancellationToken cancellationToken)
    {
        if (question.Limit is < 1 or > MostOnPage) throw new InvalidInputException($"{question.Limit} conversations on a page are not possible.", $"Give 1 to {MostOnPage}.");
        await using var tables = await OpenAsync(connection, cancellationToken);
        return tables is null ? [] : await tables.ListAsync(question, cancellationToken);
    }

    /// <returns>Null: there is no such conversation.</returns>
    public async Task<(Conversation Conversation, DateTimeOffset ImportedAt)?> FindAsync(Connection connection, string id, CancellationToken cancellationToken)
    {
        await using var tables = await OpenAsync(connection, cancellationToken);
        return tables is null ? null : await tables.FindAsync(Salesforce.OAuth.SalesforceId.To18(id) ?? id, cancellationToken);
    }

    /// <summary>How many there are, and the words of their statuses.</summary>
    public async Task<(long Count, IReadOnlyList<string> Statuses)> SummaryAsync(Connection connection, CancellationToken cancellationToken)
    {
        await using var tables = await OpenAsync(connection, cancellationToken);
        return tables is null ? (0, []) : await tables.SummaryAsync(cancellationToken);
    }

    /// <summary>Moves conversations from a connection's file into its new place, with what was imported and sent on already, so that nothing is imported or sent twice. Begins anew when it broke off.</summary>
    public async Task MoveAsync(Connection connection, PostgresPlace place, CancellationToken cancellationToken)
    {
        if (await OpenAsync(connection, cancellationToken) is not { } from) return;
        await using (from)
        await using (var there = new PostgresConversationTables(replicas.SourceOf(place), time))
            await there.TakeOverAsync(from, cancellationToken);
    }

    internal ConversationTables TablesOf(Connection connection) => connection.Replica is { } place
        ? new PostgresConversationTables(replicas.SourceOf(place), time)
        : new SqliteConversationTables(replicas.FileOf(connection), time);

    private async Task<ConversationTables?> OpenAsync(Connection connection, CancellationToken cancellationToken)
    {
        if (!replicas.Exists(connection)) return null;
        var tables = TablesOf(connection);
        await tables.EnsureAsync(cancellationToken);
        return tables;
    }
}
