using System.Data.Common;
using System.Globalization;
using Dapper;
using Npgsql;
using NpgsqlTypes;
using Orgtap.Primitives;
using Orgtap.Replicas.Postgres;
using Orgtap.Storage;

namespace Orgtap.Conversations.Importing;

/// <summary>Conversations in a replica's schema; words are found by a tsvector without stemming, because a connection has many languages.</summary>
internal sealed class PostgresConversationTables(PostgresSource source, TimeProvider time) : ConversationTables
{
    // A tsvector holds less than a megabyte.
    private const int MostSearched = 250_000;

    private const int RowsPerPage = 500;

    private const string Tables = """
        CREATE TABLE IF NOT EXISTS orgtap_conversation (
          id text COLLATE "C" PRIMARY KEY, channel text NOT NULL, origin text, subject text, status text, requested_at text, started_at text, ended_at text, ended_by text, wait_seconds double precision,
          case_id text, case_number text, contact_id text, contact_name text, account_id text, account_name text, lead_id text, owner_id text, owner_name text, queue text, end_user text, agents text,
          first_words text, turns bigint NOT NULL, not_understood bigint NOT NULL, at bigint NOT NULL, imported_at bigint NOT NULL, change bigint NOT NULL UNIQUE, document text NOT NULL, words tsvector NOT NULL);
        COMMENT ON COLUMN orgtap_conversation.at IS 'UTC, milliseconds since 1970';
        CREATE INDEX IF NOT EXISTS orgtap_conversation_newest ON orgtap_conversation (at DESC, id DESC);
        CREATE INDEX IF NOT EXISTS orgtap_conversation_status ON orgtap_conversation (status);
        CREATE INDEX IF NOT EXISTS orgtap_conversation_words ON orgtap_conversation USING gin (words);
        CREATE TABLE IF NOT EXISTS orgtap_participant (conversation_id text COLLATE "C" NOT NULL, number bigint NOT NULL, name text NOT NULL, role text NOT NULL, participant_id text, address text, PRIMARY KEY (conversation_id, number));
        CREATE TABLE IF NOT EXISTS orgtap_turn (
          conversation_id text COLLATE "C" NOT NULL, number bigint NOT NULL, speaker text, role text NOT NULL, at text, time_precision text NOT NULL, kind text NOT NULL, text text NOT NULL, quoted text, subject text,
          offset_seconds bigint, attachments text, source text NOT NULL, source_id text, PRIMARY KEY (conversation_id, number));
        CREATE TABLE IF NOT EXISTS orgtap_conversation_removed (id text COLLATE "C" PRIMARY KEY, channel text NOT NULL, change bigint NOT NULL);
        CREATE TABLE IF NOT EXISTS _orgtap_conversation_prints (source_id text COLLATE "C" PRIMARY KEY, channel text NOT NULL, print text NOT NULL, skipped text);
        CREATE TABLE IF NOT EXISTS _orgtap_conversation_pending (channel text NOT NULL, together text COLLATE "C" NOT NULL, source_id text COLLATE "C" NOT NULL, print text NOT NULL, PRIMARY KEY (channel, together, source_id));
        CREATE INDEX IF NOT EXISTS _orgtap_conversation_pending_id ON _orgtap_conversation_pending (source_id);
        CREATE TABLE IF NOT EXISTS _orgtap_conversation_was (id text PRIMARY KEY);
        CREATE TABLE IF NOT EXISTS _orgtap_conversation_positions (name text PRIMARY KEY, position bigint NOT NULL);
        CREATE TABLE IF NOT EXISTS _orgtap_conversation_refused (id text COLLATE "C" PRIMARY KEY, status bigint NOT NULL, at bigint NOT NULL);
        INSERT INTO _orgtap_conversation_positions (name, position) VALUES ('changes', 0) ON CONFLICT DO NOTHING;
        """;

    protected override bool IsPostgres => true;

    public override Task EnsureAsync(CancellationToken cancellationToken) => source.RunAsync(async db =>
    {
        await PostgresLayout.EnsureAsync(db, source.Schema, cancellationToken);
        await using var transaction = await db.BeginTransactionAsync(cancellationToken);
        // CREATE IF NOT EXISTS of two sessions at once may still collide.
        await db.ExecuteAsync("SELECT pg_advisory_xact_lock(1330794327, hashtext(@schema))", new { schema = source.Schema }, transaction);
        if (await db.ExecuteScalarAsync<string?>("SELECT to_regclass('_orgtap_conversation_refused')::text", transaction: transaction) is null) await db.ExecuteAsync(Tables, transaction: transaction);
        await transaction.CommitAsync(CancellationToken.None);
        return true;
    }, cancellationToken);

    /// <summary>Takes the place of other tables: conversations, what was imported, and how far each output came.</summary>
    public async Task TakeOverAsync(ConversationTables from, CancellationToken cancellationToken)
    {
        await EnsureAsync(cancellationToken);
        // What an earlier attempt left.
        await WriteAsync(async transaction => await transaction.Connection!.ExecuteAsync("""
            TRUNCATE orgtap_conversation, orgtap_participant, orgtap_turn, orgtap_conversation_removed, _orgtap_conversation_prints, _orgtap_conversation_pending, _orgtap_conversation_was, _orgtap_conversation_refused,
              _orgtap_conversation_positions
            """, transaction: transaction), cancellationToken);
        for (var behind = 0L; await from.StoredAsync(behind, RowsPerPage) is { Count: > 0 } some; behind = some[^1].Change)
        {
            await WriteAsync(async transaction =>
            {
                await InsertAsync(transaction, [.. some.Select(row => (row.Change, ConversationJson.Read(row.Document)))]);
                return await transaction.Connection!.ExecuteAsync("UPDATE orgtap_conversation c SET imported_at = u.at FROM unnest(@changes, @times) AS u(change, at) WHERE c.change = u.change",
                    new { changes = some.Select(row => row.Change).ToArray(), times = some.Select(row => row.ImportedAt).ToArray() }, transaction);
            }, cancellationToken);
        }
        for (var behind = ""; await from.PrintsAsync(behind, 10 * RowsPerPage) is { Count: > 0 } some; behind = some[^1].Id)
            await WriteAsync(async transaction => await transaction.Connection!.ExecuteAsync("INSERT INTO _orgtap_conversation_prints (source_id, channel, print, skipped) SELECT * FROM unnest(@ids, @channels, @prints, @skipped)", new
            {
                ids = some.Select(row => row.Id).ToArray(), channels = some.Select(row => row.Channel).ToArray(), prints = some.Select(row => row.Print).ToArray(), skipped = some.Select(row => row.Skipped).ToArray(),
            }, transaction), cancellationToken);
        var ((removed, positions), (refused, _)) = (await from.MarksAsync(), await from.RefusedAsync(int.MaxValue, cancellationToken));
        await WriteAsync(async transaction =>
        {
            var db = transaction.Connection!;
            foreach (var (id, channel, change) in removed) await db.ExecuteAsync("INSERT INTO orgtap_conversation_removed (id, channel, change) VALUES (@id, @channel, @change)", new { id, channel, change }, transaction);
            foreach (var each in refused) await db.ExecuteAsync("INSERT INTO _orgtap_conversation_refused (id, status, at) VALUES (@Id, @status, @at)", new { each.Id, status = (long)each.Status, at = each.At.ToUnixTimeMilliseconds() }, transaction);
            foreach (var (name, position) in positions) await db.ExecuteAsync("INSERT INTO _orgtap_conversation_positions (name, position) VALUES (@name, @position)", new { name, position }, transaction);
            return true;
        }, cancellationToken);
    }

    protected override async Task<DbConnection> ConnectAsync(CancellationToken cancellationToken) => await source.ConnectAsync(cancellationToken);

    protected override OrgtapException? Explain(Exception failure) => PostgresFailure.Of(failure, source.Where);

    protected override async Task RemoveAsync(DbTransaction transaction, string[] ids)
    {
        var db = transaction.Connection!;
        await db.ExecuteAsync("INSERT INTO _orgtap_conversation_was (id) SELECT id FROM orgtap_conversation WHERE id = ANY(@ids) ON CONFLICT DO NOTHING", new { ids }, transaction);
        foreach (var (table, column) in (IReadOnlyList<(string, string)>)[("orgtap_turn", "conversation_id"), ("orgtap_participant", "conversation_id"), ("orgtap_conversation", "id"), ("orgtap_conversation_removed", "id")])
            await db.ExecuteAsync($"DELETE FROM {table} WHERE {column} = ANY(@ids)", new { ids }, transaction);
    }

    protected override async Task InsertAsync(DbTransaction transaction, IReadOnlyList<(long Change, Conversation Conversation)> conversations)
    {
        var (db, now) = ((NpgsqlConnection)transaction.Connection!, time.GetUtcNow().ToUnixTimeMilliseconds());
        foreach (var (change, its) in conversations)
        {
            await db.ExecuteAsync("""
                INSERT INTO orgtap_conversation (id, channel, origin, subject, status, requested_at, started_at, ended_at, ended_by, wait_seconds, case_id, case_number, contact_id, contact_name, account_id, account_name, lead_id, owner_id,
                    owner_name, queue, end_user, agents, first_words, turns, not_understood, at, imported_at, change, document, words)
                VALUES (@Id, @channel, @Origin, @Subject, @Status, @requested, @started, @ended, @EndedBy, @WaitSeconds, @CaseId, @CaseNumber, @ContactId, @ContactName, @AccountId, @AccountName, @LeadId, @OwnerId,
                    @OwnerName, @Queue, @endUser, @agents, @first, @turns, @NotUnderstood, @at, @now, @change, @document, to_tsvector('simple', @words))
                """, new
            {
                its.Id, channel = Word(its.Channel), Origin = Storable(its.Origin), Subject = Storable(its.Subject), Status = Storable(its.Status), requested = ConversationRows.Time(its.RequestedAt), started = ConversationRows.Time(its.StartedAt),
                ended = ConversationRows.Time(its.EndedAt), its.EndedBy, its.WaitSeconds, its.CaseId, its.CaseNumber, its.ContactId, ContactName = Storable(its.ContactName), its.AccountId, AccountName = Storable(its.AccountName), its.LeadId,
                its.OwnerId, OwnerName = Storable(its.OwnerName), Queue = Storable(its.Queue), endUser = Storable(ConversationRows.EndUser(its)), agents = Storable(ConversationRows.Agents(its)), first = Storable(ConversationRows.FirstWords(its)),
                turns = ConversationRows.Turns(its), its.NotUnderstood, at = ConversationRows.At(its), now, change, document = ConversationJson.Write(its), words = Searched(its),
            }, transaction);
        }
        // Turns are many: they go by COPY, in the same transaction.
        await using (var copy = await db.BeginBinaryImportAsync("COPY orgtap_participant (conversation_id, number, name, role, participant_id, address) FROM STDIN (FORMAT BINARY)"))
        {
            foreach (var (_, its) in conversations)
                for (var i = 0; i < its.Participants.Count; i++)
                    await RowAsync(copy, its.Id, (long)i + 1, its.Participants[i].Name, ConversationRows.Word(its.Participants[i].Role), its.Participants[i].Id, its.Participants[i].Address);
            await copy.CompleteAsync();
        }
        await using (var copy = await db.BeginBinaryImportAsync("COPY orgtap_turn (conversation_id, number, speaker, role, at, time_precision, kind, text, quoted, subject, offset_seconds, attachments, source, source_id) FROM STDIN (FORMAT BINARY)"))
        {
            foreach (var (_, its) in conversations)
                foreach (var turn in its.Turns)
                    await RowAsync(copy, its.Id, (long)turn.Number, turn.Speaker, ConversationRows.Word(turn.Role), ConversationRows.Time(turn.At), ConversationRows.Word(turn.Precision), ConversationRows.Word(turn.Kind), turn.Text, turn.Quoted,
                        turn.Subject, turn.OffsetSeconds, ConversationRows.Attachments(turn), turn.Source, turn.SourceId);
            await copy.CompleteAsync();
        }
    }

    protected override string Matches(int words) =>
        "words @@ (" + string.Join(" && ", Enumerable.Range(0, words).Select(i => string.Create(CultureInfo.InvariantCulture, $"to_tsquery('simple', @word{i})"))) + ")";

    // Each as a phrase whose last word may go on: quotes keep the language of to_tsquery out.
    protected override void AddWords(DynamicParameters arguments, string[] words)
    {
        for (var i = 0; i < words.Length; i++)
            arguments.Add(string.Create(CultureInfo.InvariantCulture, $"word{i}"), $"'{Storable(words[i])!.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "''", StringComparison.Ordinal)}':*");
    }

    private static async Task RowAsync(NpgsqlBinaryImporter copy, params object?[] values)
    {
        await copy.StartRowAsync();
        foreach (var value in values)
        {
            if (value is null) await copy.WriteNullAsync();
            else if (value is long number) await copy.WriteAsync(number, NpgsqlDbType.Bigint);
            else await copy.WriteAsync(Storable((string)value)!, NpgsqlDbType.Text);
        }
    }

    private static string Searched(Conversation conversation)
    {
        var words = Storable(ConversationRows.Words(conversation))!;
        return words.Length <= MostSearched ? words : words[..(char.IsHighSurrogate(words[MostSearched - 1]) ? MostSearched - 1 : MostSearched)];
    }

    // PostgreSQL stores no NUL; the document keeps it escaped.
    private static string? Storable(string? text) => text?.Replace("\0", "", StringComparison.Ordinal);
}
