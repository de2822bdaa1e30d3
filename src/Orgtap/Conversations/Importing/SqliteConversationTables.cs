using System.Data.Common;
using Dapper;
using Microsoft.Data.Sqlite;
using Orgtap.Primitives;
using Orgtap.Replicas.Sqlite;
using Orgtap.Storage;

namespace Orgtap.Conversations.Importing;

/// <summary>Conversations in a replica's file; words are found by FTS5.</summary>
internal sealed class SqliteConversationTables(string path, TimeProvider time) : ConversationTables
{
    private const string Tables = """
        CREATE TABLE IF NOT EXISTS orgtap_conversation (
          number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, channel TEXT NOT NULL, origin TEXT, subject TEXT, status TEXT, requested_at TEXT, started_at TEXT, ended_at TEXT, ended_by TEXT, wait_seconds REAL,
          case_id TEXT, case_number TEXT, contact_id TEXT, contact_name TEXT, account_id TEXT, account_name TEXT, lead_id TEXT, owner_id TEXT, owner_name TEXT, queue TEXT, end_user TEXT, agents TEXT,
          first_words TEXT, turns INTEGER NOT NULL, not_understood INTEGER NOT NULL,
          at INTEGER NOT NULL, -- UTC, milliseconds since 1970
          imported_at INTEGER NOT NULL, change INTEGER NOT NULL UNIQUE, document TEXT NOT NULL);
        CREATE INDEX IF NOT EXISTS orgtap_conversation_newest ON orgtap_conversation (at DESC, id DESC);
        CREATE INDEX IF NOT EXISTS orgtap_conversation_status ON orgtap_conversation (status);
        CREATE TABLE IF NOT EXISTS orgtap_participant (conversation_id TEXT NOT NULL, number INTEGER NOT NULL, name TEXT NOT NULL, role TEXT NOT NULL, participant_id TEXT, address TEXT, PRIMARY KEY (conversation_id, number)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS orgtap_turn (
          conversation_id TEXT NOT NULL, number INTEGER NOT NULL, speaker TEXT, role TEXT NOT NULL, at TEXT, time_precision TEXT NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL, quoted TEXT, subject TEXT, offset_seconds INTEGER,
          attachments TEXT, source TEXT NOT NULL, source_id TEXT, PRIMARY KEY (conversation_id, number)) WITHOUT ROWID;
        CREATE VIRTUAL TABLE IF NOT EXISTS orgtap_conversation_words USING fts5(words, tokenize = 'unicode61 remove_diacritics 2');
        CREATE TABLE IF NOT EXISTS orgtap_conversation_removed (id TEXT NOT NULL PRIMARY KEY, channel TEXT NOT NULL, change INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS _orgtap_conversation_prints (source_id TEXT NOT NULL PRIMARY KEY, channel TEXT NOT NULL, print TEXT NOT NULL, skipped TEXT) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS _orgtap_conversation_pending (channel TEXT NOT NULL, together TEXT NOT NULL, source_id TEXT NOT NULL, print TEXT NOT NULL, PRIMARY KEY (channel, together, source_id)) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS _orgtap_conversation_pending_id ON _orgtap_conversation_pending (source_id);
        CREATE TABLE IF NOT EXISTS _orgtap_conversation_was (id TEXT NOT NULL PRIMARY KEY);
        CREATE TABLE IF NOT EXISTS _orgtap_conversation_positions (name TEXT NOT NULL PRIMARY KEY, position INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS _orgtap_conversation_refused (id TEXT NOT NULL PRIMARY KEY, status INTEGER NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
        INSERT OR IGNORE INTO _orgtap_conversation_positions (name, position) VALUES ('changes', 0);
        """;

    protected override bool IsPostgres => false;

    public override async Task EnsureAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var db = await ConnectAsync(cancellationToken);
            await db.ExecuteAsync(Tables);
        }
        catch (Exception failure) when (Explain(failure) is { } explained)
        {
            throw explained;
        }
    }

    protected override async Task<DbConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        // Not pooled: a replica that is removed must not stay open.
        var db = SqliteLibrary.Connection(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadWrite, Pooling = false, DefaultTimeout = 30 });
        try
        {
            await db.OpenAsync(cancellationToken);
            await db.ExecuteAsync("PRAGMA busy_timeout=30000; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-16384");
            return db;
        }
        catch
        {
            await db.DisposeAsync();
            throw;
        }
    }

    protected override OrgtapException? Explain(Exception failure) => failure is SqliteException sqlite ? SqliteFailure.Of(sqlite.SqliteExtendedErrorCode, path, sqlite.Message) : null;

    protected override async Task RemoveAsync(DbTransaction transaction, string[] ids)
    {
        var db = transaction.Connection!;
        await db.ExecuteAsync("INSERT OR IGNORE INTO _orgtap_conversation_was (id) SELECT id FROM orgtap_conversation WHERE id IN @ids", new { ids }, transaction);
        await db.ExecuteAsync("DELETE FROM orgtap_conversation_words WHERE rowid IN (SELECT number FROM orgtap_conversation WHERE id IN @ids)", new { ids }, transaction);
        foreach (var (table, column) in (IReadOnlyList<(string, string)>)[("orgtap_turn", "conversation_id"), ("orgtap_participant", "conversation_id"), ("orgtap_conversation", "id"), ("orgtap_conversation_removed", "id")])
            await db.ExecuteAsync($"DELETE FROM {table} WHERE {column} IN @ids", new { ids }, transaction);
    }

    protected override async Task InsertAsync(DbTransaction transaction, IReadOnlyList<(long Change, Conversation Conversation)> conversations)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        await using var one = new Insert(transaction, "orgtap_conversation", "id", "channel", "origin", "subject", "status", "requested_at", "started_at", "ended_at", "ended_by", "wait_seconds", "case_id", "case_number", "contact_id", "contact_name",
            "account_id", "account_name", "lead_id", "owner_id", "owner_name", "queue", "end_user", "agents", "first_words", "turns", "not_understood", "at", "imported_at", "change", "document");
        await using var words = new Insert(transaction, "orgtap_conversation_words", "rowid", "words");
        await using var participants = new Insert(transaction, "orgtap_participant", "conversation_id", "number", "name", "role", "participant_id", "address");
        await using var turns = new Insert(transaction, "orgtap_turn", "conversation_id", "number", "speaker", "role", "at", "time_precision", "kind", "text", "quoted", "subject", "offset_seconds", "attachments", "source", "source_id");
        foreach (var (change, its) in conversations)
        {
            one.Run(its.Id, Word(its.Channel), its.Origin, its.Subject, its.Status, ConversationRows.Time(its.RequestedAt), ConversationRows.Time(its.StartedAt), ConversationRows.Time(its.EndedAt), its.EndedBy, its.WaitSeconds, its.CaseId,
                its.CaseNumber, its.ContactId, its.ContactName, its.AccountId, its.AccountName, its.LeadId, its.OwnerId, its.OwnerName, its.Queue, ConversationRows.EndUser(its), ConversationRows.Agents(its), ConversationRows.FirstWords(its),
                ConversationRows.Turns(its), its.NotUnderstood, ConversationRows.At(its), now, change, ConversationJson.Write(its));
            words.Run(((SqliteConnection)transaction.Connection!).LastRowId(), ConversationRows.Words(its));
            for (var i = 0; i < its.Participants.Count; i++)
                participants.Run(its.Id, i + 1, its.Participants[i].Name, ConversationRows.Word(its.Participants[i].Role), its.Participants[i].Id, its.Participants[i].Address);
            foreach (var turn in its.Turns)
                turns.Run(its.Id, turn.Number, turn.Speaker, ConversationRows.Word(turn.Role), ConversationRows.Time(turn.At), ConversationRows.Word(turn.Precision), ConversationRows.Word(turn.Kind), turn.Text, turn.Quoted, turn.Subject,
                    turn.OffsetSeconds, ConversationRows.Attachments(turn), turn.Source, turn.SourceId);
        }
    }

    protected override string Matches(int words) => "number IN (SELECT rowid FROM orgtap_conversation_words WHERE words MATCH @words)";

    // Each as a phrase whose last word may go on: quotes keep FTS5's own language out.
    protected override void AddWords(DynamicParameters arguments, string[] words)
    {
        if (words.Length > 0) arguments.Add("words", string.Join(' ', words.Select(word => $"\"{word.Replace("\"", "\"\"", StringComparison.Ordinal)}\"*")));
    }

    /// <summary>A kept statement.</summary>
    private sealed class Insert : IAsyncDisposable
    {
        private readonly SqliteCommand _command;

        public Insert(DbTransaction transaction, string table, params string[] columns)
        {
            _command = (SqliteCommand)transaction.Connection!.CreateCommand();
            _command.Transaction = (SqliteTransaction)transaction;
            _command.CommandText = $"INSERT INTO {table} ({string.Join(", ", columns)}) VALUES ({string.Join(", ", columns.Select((_, i) => $"@{i}"))})";
            for (var i = 0; i < columns.Length; i++) _command.Parameters.Add(new SqliteParameter($"@{i}", DBNull.Value));
            _command.Prepare();
        }

        public void Run(params ReadOnlySpan<object?> values)
        {
            for (var i = 0; i < values.Length; i++) _command.Parameters[i].Value = values[i] ?? DBNull.Value;
            _command.ExecuteNonQuery();
        }

        public ValueTask DisposeAsync() => _command.DisposeAsync();
    }
}

internal static class SqliteRows
{
    public static long LastRowId(this SqliteConnection db) => SQLitePCL.raw.sqlite3_last_insert_rowid(db.Handle);
}
