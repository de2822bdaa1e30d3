using System.Data.Common;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Dapper;
using Orgtap.Conversations.Outputs;
using Orgtap.Primitives;
using Orgtap.Replicas;
using Orgtap.Replicas.Postgres;

namespace Orgtap.Conversations.Importing;

/// <summary>What an import decided about one record that stands for a conversation.</summary>
/// <param name="Print">Tells this state of its rows from others; null: its row is no longer in the replica.</param>
/// <param name="Conversation">Null: there is none (any more).</param>
/// <param name="Skipped">Why there is none.</param>
internal sealed record Decision(string SourceId, Channel Channel, string? Print, Conversation? Conversation, string? Skipped);

/// <summary>A record that an import has to look at.</summary>
/// <param name="Together">What those that are looked at one after the other have in common.</param>
internal sealed record Pending(string SourceId, string Print, string Together);

/// <summary>
/// The conversations of one connection, in its replica: tables for whoever reads them, and the prints that say of each record in which state it was imported. Both change in one transaction, so that an
/// import that dies goes on where it was.
/// </summary>
internal abstract class ConversationTables : IAsyncDisposable
{
    /// <summary>Grows when what is made of the same rows changes; then everything is imported anew.</summary>
    private const string MakerVersion = "2";

    protected abstract bool IsPostgres { get; }

    protected abstract Task<DbConnection> ConnectAsync(CancellationToken cancellationToken);

    /// <summary>Names what went wrong with the database; null: it was something else.</summary>
    protected abstract OrgtapException? Explain(Exception failure);

    /// <summary>Makes the tables, where they are not there yet.</summary>
    public abstract Task EnsureAsync(CancellationToken cancellationToken);

    public virtual ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Notes every record whose rows differ from what was imported.</summary>
    /// <param name="salt">Of settings that change what is made of the rows.</param>
    /// <param name="open">Records that are still going on count as changed once per value of this; empty: they do not.</param>
    /// <param name="openSince">Those that were touched before count as over.</param>
    public Task<long> FindPendingAsync(SourceTables source, SourceRows rows, string salt, string open, DateTimeOffset openSince, CancellationToken cancellationToken) => WriteAsync(async transaction =>
    {
        var db = transaction.Connection!;
        var channel = source.Channel.ToString();
        await db.ExecuteAsync("DELETE FROM _orgtap_conversation_pending WHERE channel = @channel", new { channel }, transaction);
        if (rows.Find(source.Root) is not { } root) return 0L;
        var print = new StringBuilder($"'{MakerVersion}{salt}/' || {Stamp("r", root)} || '/' || {(root.Find("IsDeleted") is { } deleted ? $"CASE WHEN {Column("r", deleted)} IS {True} THEN 'deleted' ELSE '' END" : "''")}");
        if (root.Find("EndTime") is { } end && root.Stamp is { } touched && open.Length > 0)
            print.Append(CultureInfo.InvariantCulture, $" || CASE WHEN {Column("r", end)} IS NULL AND {Column("r", touched)} >= {RowSql.Text(Times.Text(openSince))} THEN {RowSql.Text(open)} ELSE '' END");
        var joins = new StringBuilder();
        for (var i = 0; i < source.Parts.Count; i++)
        {
            if (rows.Find(source.Parts[i].Table) is not { } part || part.Find(source.Parts[i].ParentField) is not { } parent) continue;
            await IndexAsync(part, parent);
            var live = part.Find("IsDeleted") is { } gone ? $" WHERE {Column("t", gone)} IS NOT {True}" : "";
            Join(i, $"SELECT {Column("t", parent)} AS k, COUNT(*) AS n, {NewestStamp("t", part)} AS m FROM {SqlName.Quote(part.TableName)} t{live} GROUP BY {Column("t", parent)}");
        }
        // Names of files may come with a later sync than what they hang on.
        for (var i = 0; i < source.Files.Count; i++)
        {
            if (source.Files[i] is var (name, carrier, field, _) && rows.Find(name) is { } file && file.Find(field) is { } hangsOn && rows.Find(carrier) is { } carriers)
            {
                await IndexAsync(file, hangsOn);
                var parent = carrier == source.Root ? carriers.Find("Id") : carriers.Find(source.Parts.First(part => part.Table == carrier).ParentField);
                if (parent is not null)
                    Join(source.Parts.Count + i, $"SELECT {Column("c", parent)} AS k, COUNT(*) AS n, {NewestStamp("t", file)} AS m FROM {SqlName.Quote(file.TableName)} t JOIN {SqlName.Quote(carriers.TableName)} c ON {Column("c", carriers.Find("Id")!)} = {Column("t", hangsOn)} GROUP BY {Column("c", parent)}");
            }
        }
        var (id, order) = (Column("r", root.Find("Id")!), root.Find("ConversationId") is { } conversation ? Column("r", conversation) : "''");
        await db.ExecuteAsync($"""
            INSERT INTO _orgtap_conversation_pending (channel, source_id, print, together)
            SELECT @channel, found.id, found.print, found.together FROM (SELECT {id} AS id, {print} AS print, COALESCE({order}, '') AS together FROM {SqlName.Quote(root.TableName)} r{joins}) found
            LEFT JOIN _orgtap_conversation_prints known ON known.source_id = found.id WHERE known.print IS NULL OR known.print <> found.print
            """, new { channel }, transaction);
        await db.ExecuteAsync($"""
            INSERT INTO _orgtap_conversation_pending (channel, source_id, print, together)
            SELECT @channel, known.source_id, '', '' FROM _orgtap_conversation_prints known WHERE known.channel = @channel AND NOT EXISTS (SELECT 1 FROM {SqlName.Quote(root.TableName)} r WHERE {id} = known.source_id)
            """, new { channel }, transaction);
        return await db.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM _orgtap_conversation_pending WHERE channel = @channel", new { channel }, transaction);

        async Task IndexAsync(SourceTable part, RowColumn parent)
        {
            var holder = IsPostgres ? await TableParts.HolderOfAsync(db, transaction, part.TableName, parent.StoredName) : part.TableName;
            await db.ExecuteAsync($"CREATE INDEX IF NOT EXISTS {SqlName.Quote($"_orgtap_part_{part.TableName}")} ON {SqlName.Quote(holder)} ({SqlName.Quote(parent.StoredName)})", transaction: transaction);
        }

        void Join(int i, string counted)
        {
            joins.Append(CultureInfo.InvariantCulture, $" LEFT JOIN ({counted}) p{i} ON p{i}.k = {Column("r", root.Find("Id")!)}");
            print.Append(CultureInfo.InvariantCulture, $" || '/' || COALESCE(p{i}.n, 0) || ':' || COALESCE(p{i}.m, '')");
        }
    }, cancellationToken);

    /// <summary>The next records to look at; those of one Salesforce conversation lie together.</summary>
    /// <param name="after">The last that was looked at, whether or not it could be decided; null: from the beginning.</param>
    public async Task<IReadOnlyList<Pending>> NextAsync(Channel channel, Pending? after, int atMost, CancellationToken cancellationToken)
    {
        await using var db = await ConnectAsync(cancellationToken);
        return [.. (await db.QueryAsync<(string Id, string Print, string Together)>($"""
            SELECT source_id, print, together FROM _orgtap_conversation_pending
            WHERE channel = @channel{(after is null ? "" : " AND (together > @together OR (together = @together AND source_id > @id))")} ORDER BY together, source_id LIMIT @atMost
            """, new { channel = channel.ToString(), together = after?.Together, id = after?.SourceId, atMost })).Select(row => new Pending(row.Id, row.Print, row.Together))];
    }

    /// <summary>Writes conversations whole, with their prints, or none of it.</summary>
    public Task SaveAsync(IReadOnlyList<Decision> decisions, CancellationToken cancellationToken) => WriteAsync(async transaction =>
    {
        var (db, unchanged) = (transaction.Connection!, new HashSet<string>(StringComparer.Ordinal));
        var those = IsPostgres ? "= ANY(@ids)" : "IN @ids";
        foreach (var some in decisions.Chunk(400))
        {
            var ids = some.Select(decision => decision.SourceId).ToArray();
            // What was touched and says the same is no change to whoever reads changes.
            var before = (await db.QueryAsync<(string Id, string Document)>($"SELECT id, document FROM orgtap_conversation WHERE id {those}", new { ids }, transaction)).ToDictionary(row => row.Id, row => row.Document);
            foreach (var decision in some)
                if (decision.Conversation is { } its && before.TryGetValue(its.Id, out var document) && document == ConversationJson.Write(its)) unchanged.Add(decision.SourceId);
            if (ids.Where(id => !unchanged.Contains(id)).ToArray() is { Length: > 0 } changed) await RemoveAsync(transaction, changed);
            await db.ExecuteAsync($"DELETE FROM _orgtap_conversation_pending WHERE source_id {those}", new { ids }, transaction);
            await db.ExecuteAsync($"DELETE FROM _orgtap_conversation_prints WHERE source_id {those}", new { ids }, transaction);
        }
        var number = await db.ExecuteScalarAsync<long>("UPDATE _orgtap_conversation_positions SET position = position + @count WHERE name = 'changes' RETURNING position", new { count = decisions.Count }, transaction) - decisions.Count;
        var stored = new List<(long Change, Conversation Conversation)>();
        foreach (var decision in decisions)
        {
            number++;
            if (decision.Print is not null)
                await db.ExecuteAsync("INSERT INTO _orgtap_conversation_prints (source_id, channel, print, skipped) VALUES (@id, @channel, @print, @skipped)",
                    new { id = decision.SourceId, channel = decision.Channel.ToString(), print = decision.Print, skipped = decision.Skipped }, transaction);
            if (unchanged.Contains(decision.SourceId)) continue;
            if (decision.Conversation is { } conversation) stored.Add((number, conversation));
            else await db.ExecuteAsync("INSERT INTO orgtap_conversation_removed (id, channel, change) SELECT @id, @channel, @number WHERE EXISTS (SELECT 1 FROM _orgtap_conversation_was WHERE id = @id)",
                new { id = decision.SourceId, channel = Word(decision.Channel), number }, transaction);
        }
        await db.ExecuteAsync("DELETE FROM _orgtap_conversation_was", transaction: transaction);
        await InsertAsync(transaction, stored);
        return true;
    }, cancellationToken);

    /// <summary>Rows of the channel's main table, conversations made of them, and the others with the reasons.</summary>
    public async Task<ChannelReceipt> CountAsync(SourceTables source, SourceRows rows, CancellationToken cancellationToken)
    {
        if (rows.Find(source.Root) is not { } root) return new ChannelReceipt(source.Channel, 0, 0, 0, 0, new Dictionary<string, long>(), 0);
        await using var db = await ConnectAsync(cancellationToken);
        var arguments = new { channel = source.Channel.ToString(), word = Word(source.Channel) };
        var found = await db.ExecuteScalarAsync<long>($"SELECT COUNT(*) FROM {SqlName.Quote(root.TableName)}");
        var (imported, turns, raw) = await db.QuerySingleAsync<(long, long, long)>("SELECT COUNT(*), COALESCE(SUM(turns), 0), COALESCE(SUM(not_understood), 0) FROM orgtap_conversation WHERE channel = @word", arguments);
        var skipped = (await db.QueryAsync<(string Reason, long Count)>("SELECT skipped, COUNT(*) FROM _orgtap_conversation_prints WHERE channel = @channel AND skipped IS NOT NULL GROUP BY skipped", arguments)).ToDictionary(row => row.Reason, row => row.Count);
        var waiting = await db.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM _orgtap_conversation_pending p WHERE channel = @channel AND NOT EXISTS (SELECT 1 FROM _orgtap_conversation_prints k WHERE k.source_id = p.source_id)", arguments);
        return new ChannelReceipt(source.Channel, found, imported, turns, raw, skipped, waiting);
    }

    /// <summary>One conversation as it is given out; null: there is none.</summary>
    public async Task<(Conversation Conversation, DateTimeOffset ImportedAt)?> FindAsync(string id, CancellationToken cancellationToken)
    {
        await using var db = await ConnectAsync(cancellationToken);
        var row = await db.QuerySingleOrDefaultAsync<(string? Document, long At)>("SELECT document, imported_at FROM orgtap_conversation WHERE id = @id", new { id });
        return row.Document is { } document ? (ConversationJson.Read(document), DateTimeOffset.FromUnixTimeMilliseconds(row.At)) : null;
    }

    /// <summary>Changes behind a number, oldest first: documents, and Ids of conversations that are gone.</summary>
    public async Task<IReadOnlyList<ConversationChange>> ChangesAsync(long behind, int atMost, CancellationToken cancellationToken)
    {
        await using var db = await ConnectAsync(cancellationToken);
        return [.. (await db.QueryAsync<(long Change, string Id, string? Document)>("""
            SELECT change, id, document FROM (SELECT change, id, document FROM orgtap_conversation WHERE change > @behind UNION ALL SELECT change, id, NULL FROM orgtap_conversation_removed WHERE change > @behind) changes
            ORDER BY change LIMIT @atMost
            """, new { behind, atMost })).Select(row => new ConversationChange(row.Change, row.Id, row.Document))];
    }

    /// <summary>Everything that another place has to take over, a page of each table at a time.</summary>
    public async Task<IReadOnlyList<(long Change, string Document, long ImportedAt)>> StoredAsync(long behind, int atMost)
    {
        await using var db = await ConnectAsync(CancellationToken.None);
        return [.. await db.QueryAsync<(long, string, long)>("SELECT change, document, imported_at FROM orgtap_conversation WHERE change > @behind ORDER BY change LIMIT @atMost", new { behind, atMost })];
    }

    /// <inheritdoc cref="StoredAsync"/>
    public async Task<IReadOnlyList<(string Id, string Channel, string Print, string? Skipped)>> PrintsAsync(string behind, int atMost)
    {
        await using var db = await ConnectAsync(CancellationToken.None);
        return [.. await db.QueryAsync<(string, string, string, string?)>("SELECT source_id, channel, print, skipped FROM _orgtap_conversation_prints WHERE source_id > @behind ORDER BY source_id LIMIT @atMost", new { behind, atMost })];
    }

    /// <inheritdoc cref="StoredAsync"/>
    public async Task<(IReadOnlyList<(string Id, string Channel, long Change)> Removed, IReadOnlyList<(string Name, long Position)> Positions)> MarksAsync()
    {
        await using var db = await ConnectAsync(CancellationToken.None);
        return ([.. await db.QueryAsync<(string, string, long)>("SELECT id, channel, change FROM orgtap_conversation_removed")], [.. await db.QueryAsync<(string, long)>("SELECT name, position FROM _orgtap_conversation_positions")]);
    }

    public async Task<long> PositionAsync(string name, CancellationToken cancellationToken)
    {
        await using var db = await ConnectAsync(cancellationToken);
        return await db.ExecuteScalarAsync<long?>("SELECT position FROM _orgtap_conversation_positions WHERE name = @name", new { name }) ?? 0;
    }

    public Task MoveAsync(string name, long position, CancellationToken cancellationToken) => WriteAsync(async transaction =>
    {
        await transaction.Connection!.ExecuteAsync("INSERT INTO _orgtap_conversation_positions (name, position) VALUES (@name, @position) ON CONFLICT (name) DO UPDATE SET position = excluded.position", new { name, position }, transaction);
        return true;
    }, cancellationToken);

    /// <summary>Notes that a receiver took a change, or refused it for good.</summary>
    /// <param name="status">The receiver's answer.</param>
    public Task NoteAnswerAsync(string name, ConversationChange change, int status, DateTimeOffset at) => WriteAsync(async transaction =>
    {
        var (db, arguments) = (transaction.Connection!, new { name, position = change.Change, id = change.Id, status = (long)status, at = at.ToUnixTimeMilliseconds() });
        await db.ExecuteAsync("INSERT INTO _orgtap_conversation_positions (name, position) VALUES (@name, @position) ON CONFLICT (name) DO UPDATE SET position = excluded.position", arguments, transaction);
        await db.ExecuteAsync(status is >= 200 and < 300 ? "DELETE FROM _orgtap_conversation_refused WHERE id = @id"
            : "INSERT INTO _orgtap_conversation_refused (id, status, at) VALUES (@id, @status, @at) ON CONFLICT (id) DO UPDATE SET status = excluded.status, at = excluded.at", arguments, transaction);
        return true;
    }, CancellationToken.None);

    /// <summary>Conversations that the receiver refused, the newest refusal first, and how many there are.</summary>
    public async Task<(IReadOnlyList<RefusedConversation> Refused, long Count)> RefusedAsync(int atMost, CancellationToken cancellationToken)
    {
        await using var db = await ConnectAsync(cancellationToken);
        var rows = await db.QueryAsync<(string Id, long Status, long At)>("SELECT id, status, at FROM _orgtap_conversation_refused ORDER BY at DESC, id LIMIT @atMost", new { atMost });
        return ([.. rows.Select(row => new RefusedConversation(row.Id, (int)row.Status, DateTimeOffset.FromUnixTimeMilliseconds(row.At)))], await db.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM _orgtap_conversation_refused"));
    }

    /// <summary>Puts what was refused behind all other changes, to be sent once more. Files get its line again, which says the same.</summary>
    /// <returns>How many.</returns>
    public Task<long> QueueRefusedAsync(CancellationToken cancellationToken) => WriteAsync(async transaction =>
    {
        var db = transaction.Connection!;
        var ids = (await db.QueryAsync<string>("SELECT id FROM _orgtap_conversation_refused ORDER BY at, id", transaction: transaction)).ToList();
        var number = await db.ExecuteScalarAsync<long>("UPDATE _orgtap_conversation_positions SET position = position + @count WHERE name = 'changes' RETURNING position", new { count = ids.Count }, transaction) - ids.Count;
        foreach (var id in ids)
        {
            var arguments = new { id, number = ++number };
            await db.ExecuteAsync("UPDATE orgtap_conversation SET change = @number WHERE id = @id", arguments, transaction);
            await db.ExecuteAsync("UPDATE orgtap_conversation_removed SET change = @number WHERE id = @id", arguments, transaction);
        }
        await db.ExecuteAsync("DELETE FROM _orgtap_conversation_refused", transaction: transaction);
        return (long)ids.Count;
    }, cancellationToken);

    /// <summary>A page of the list, newest first.</summary>
    public async Task<IReadOnlyList<ConversationLine>> ListAsync(ConversationQuestion question, CancellationToken cancellationToken)
    {
        var where = new StringBuilder("WHERE 1 = 1");
        if (question.Channel is not null) where.Append(" AND channel = @channel");
        if (question.From is not null) where.Append(" AND at >= @from");
        if (question.Until is not null) where.Append(" AND at < @until");
        if (question.Agent is not null) where.Append(" AND (LOWER(agents) LIKE @agent ESCAPE '!' OR agents LIKE @typed ESCAPE '!')");
        if (question.Status is not null) where.Append(" AND status = @status");
        if (question.After is not null) where.Append(" AND (at < @afterAt OR (at = @afterAt AND id < @afterId))");
        var words = Words(question.Text);
        if (words.Length > 0) where.Append(CultureInfo.InvariantCulture, $" AND {Matches(words.Length)}");
        var arguments = new DynamicParameters(new
        {
            channel = question.Channel is { } channel ? Word(channel) : null, from = question.From?.ToUnixTimeMilliseconds(), until = question.Until?.ToUnixTimeMilliseconds(), status = question.Status,
            // SQLite lowers ASCII letters only.
            agent = Pattern(question.Agent?.ToLowerInvariant()), typed = Pattern(question.Agent),
            afterAt = question.After?.At, afterId = question.After?.Id, limit = question.Limit,
        });
        AddWords(arguments, words);
        await using var db = await ConnectAsync(cancellationToken);
        try
        {
            return [.. (await db.QueryAsync<(string Id, string Channel, string? Origin, string? Subject, string? Status, long At, string? StartedAt, string? EndedAt, string? EndUser, string? Agents, string? CaseNumber, long Turns, string? First)>(new CommandDefinition($"""
                SELECT id, channel, origin, subject, status, at, started_at, ended_at, end_user, agents, case_number, turns, first_words FROM orgtap_conversation {where} ORDER BY at DESC, id DESC LIMIT @limit
                """, arguments, cancellationToken: cancellationToken))).Select(row => new ConversationLine(row.Id, Enum.Parse<Channel>(row.Channel, ignoreCase: true), row.Origin, row.Subject, row.Status, DateTimeOffset.FromUnixTimeMilliseconds(row.At),
                    Times.Parse(row.StartedAt), Times.Parse(row.EndedAt), row.EndUser, row.Agents, row.CaseNumber, (int)row.Turns, row.First))];
        }
        catch (Exception failure) when (Explain(failure) is { } explained)
        {
            throw explained;
        }
    }

    /// <summary>How many there are, and which words their statuses use.</summary>
    public async Task<(long Count, IReadOnlyList<string> Statuses)> SummaryAsync(CancellationToken cancellationToken)
    {
        await using var db = await ConnectAsync(cancellationToken);
        return (await db.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM orgtap_conversation"), [.. await db.QueryAsync<string>("SELECT DISTINCT status FROM orgtap_conversation WHERE status IS NOT NULL ORDER BY status")]);
    }

    protected abstract Task InsertAsync(DbTransaction transaction, IReadOnlyList<(long Change, Conversation Conversation)> conversations);

    /// <summary>Takes conversations away, noting in _orgtap_conversation_was which of them there were.</summary>
    protected abstract Task RemoveAsync(DbTransaction transaction, string[] ids);

    /// <summary>The condition that a conversation holds words 0 to n - 1.</summary>
    protected abstract string Matches(int words);

    protected abstract void AddWords(DynamicParameters arguments, string[] words);

    protected static string Word(Channel channel) => JsonNamingPolicy.CamelCase.ConvertName(channel.ToString());

    protected async Task<T> WriteAsync<T>(Func<DbTransaction, Task<T>> work, CancellationToken cancellationToken)
    {
        await using var db = await ConnectAsync(cancellationToken);
        try
        {
            await using var transaction = await db.BeginTransactionAsync(cancellationToken);
            var result = await work(transaction);
            await transaction.CommitAsync(CancellationToken.None);
            return result;
        }
        catch (Exception failure) when (Explain(failure) is { } explained)
        {
            throw explained;
        }
    }

    private static string? Pattern(string? text) =>
        text is null ? null : $"%{text.Replace("!", "!!", StringComparison.Ordinal).Replace("%", "!%", StringComparison.Ordinal).Replace("_", "!_", StringComparison.Ordinal)}%";

    // A NUL would end the text for either engine.
    private static string[] Words(string? text) => [.. (text ?? "").Replace('\0', ' ').Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Where(word => word.Any(char.IsLetterOrDigit)).Take(8)];

    private string True => IsPostgres ? "TRUE" : "1";

    private static string Column(string alias, RowColumn column) => $"{alias}.{SqlName.Quote(column.StoredName)}";

    private string Stamp(string alias, SourceTable table) => table.Stamp is { } stamp ? $"COALESCE({AsText(Column(alias, stamp))}, '')" : "''";

    private string NewestStamp(string alias, SourceTable table) => table.Stamp is { } stamp ? AsText($"MAX({Column(alias, stamp)})") : "''";

    // Alike on both engines, so that prints outlast a move.
    private string AsText(string stamp) => IsPostgres ? $"to_char({stamp} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')" : $"CAST({stamp} AS TEXT)";
}
