using System.Collections.Frozen;
using Orgtap.SimulatedOrg.Data.Conversations;
using Orgtap.SimulatedOrg.Data.Jobs;
using Orgtap.SimulatedOrg.Schema;

namespace Orgtap.SimulatedOrg.Data;

/// <summary>The org's rows: a base computed from the seed plus an overlay of changes. Thread-safe; writers take turns, readers never wait.</summary>
public sealed class OrgStore
{
    private readonly Dictionary<string, ObjectRows> _byName = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, ObjectRows> _byPrefix = new(StringComparer.Ordinal);
    private const int Organizations = 30_000;
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly RuleBook _rules;
    private readonly long _firstOrganization;
    private long _changes;

    /// <exception cref="ArgumentException">The seed names an object that does not exist.</exception>
    public OrgStore(OrgSeed seed, TimeProvider time)
    {
        _time = time;
        Schema = new OrgSchema(StandardObjects.All(seed.ExtraObjects, seed.ExtraFields), seed.Now, time);
        Sharing = new Sharing(Schema);
        _rules = new RuleBook(Hash.Mix((ulong)seed.Seed), RowsOrNull, Schema.FindAny, seed.Now, time);
        _firstOrganization = (long)(Hash.Mix((ulong)seed.Seed + 0x0D) % Organizations);
        var counts = new Dictionary<string, long>(seed.Records, StringComparer.OrdinalIgnoreCase) { ["Organization"] = 1 };
        foreach (var type in Schema.AllObjects)
        {
            counts.Remove(type.Name, out var count);
            // The org's Id follows from the seed: two orgs that one client knows must not look like one.
            var first = type.Name == "Organization" ? _firstOrganization : 0;
            var rows = new ObjectRows(type, count, (ulong)seed.Seed, seed.Now, _rules.For, first) { Sharing = Sharing };
            _byName.Add(type.Name, rows);
            _byPrefix.Add(rows.KeyPrefix, rows);
        }
        if (counts.Count > 0) throw new ArgumentException($"no object {string.Join(", ", counts.Keys)}", nameof(seed));
        ChanceSeed = Hash.Mix((ulong)seed.Seed);
        Conversations = new ConversationLog(this);
        Jobs = new OrgJobs(this, time);
        OrganizationId = SalesforceId.Text(_byName["Organization"].KeyPrefix, _firstOrganization);
    }

    /// <summary>Raised for every change of a row, in the order of the changes; other writers wait meanwhile.</summary>
    internal event Action<RowChange>? Changed;

    /// <summary>18 characters.</summary>
    public string OrganizationId { get; }

    public OrgSchema Schema { get; }

    /// <summary>Which rows single users see.</summary>
    public Sharing Sharing { get; }

    /// <summary>What was said in conversations, which is in no row.</summary>
    public ConversationLog Conversations { get; }

    /// <summary>How the lists of updated and deleted records fall short.</summary>
    public Replication Replication { get; } = new();

    /// <summary>Scheduled Apex and its runs.</summary>
    public OrgJobs Jobs { get; }

    internal ConversationRules Stories => _rules.Conversations;
    internal ulong ChanceSeed { get; }

    /// <summary>Grows with every change of data or schema.</summary>
    public long Version => Interlocked.Read(ref _changes) + Schema.Version;

    /// <exception cref="ArgumentException">There is no such object.</exception>
    public long Count(string sobject, bool includeDeleted) => Rows(sobject).Count(includeDeleted);

    /// <param name="values">By field name: null, string, bool, long, decimal, DateTimeOffset, DateOnly or TimeOnly. System stamps may be given.</param>
    /// <returns>The Id, 18 characters.</returns>
    /// <exception cref="ArgumentException">An unknown or computed field, or a value that does not fit.</exception>
    public string Insert(string sobject, IReadOnlyDictionary<string, object?> values)
    {
        var rows = Rows(sobject);
        var type = TypeOf(rows);
        var row = new Dictionary<string, object?>(StringComparer.OrdinalIgnoreCase);
        foreach (var field in type.AllFields)
        {
            if (field is { DefaultValue: { } value, Calculated: false, IsCompound: false }) row[field.Name] = OverlayValue.Accept(field, value);
        }
        if (type.HasIsDeleted) row["IsDeleted"] = false;
        foreach (var stamp in (ReadOnlySpan<string>)["CreatedDate", "LastModifiedDate", "SystemModstamp"])
        {
            if (type.AnyField(stamp) is not null) row[stamp] = Now();
        }
        foreach (var user in (ReadOnlySpan<string>)["CreatedById", "LastModifiedById", "OwnerId"])
        {
            if (type.AnyField(user) is not null) row[user] = FirstUser();
        }
        Take(type, values, row);
        lock (_gate)
        {
            var inserted = new OverlayRow(true, row, false, null);
            var ordinal = rows.Append(inserted);
            _changes++;
            Changed?.Invoke(new RowChange(rows, ordinal, null, inserted));
            return SalesforceId.Text(rows.KeyPrefix, ordinal);
        }
    }

    /// <param name="touchStamp">False for changes that move no stamp, as new defaults do.</param>
    /// <exception cref="ArgumentException">An unknown or computed field, or a value that does not fit.</exception>
    /// <exception cref="KeyNotFoundException">There is no such row.</exception>
    public void Update(string sobject, string id, IReadOnlyDictionary<string, object?> values, bool touchStamp = true) =>
        Change(sobject, id, (type, current, row) =>
        {
            if (touchStamp) Touch(type, row);
            Take(type, values, row);
            return current;
        });

    /// <summary>Moves the row to the recycle bin; its stamps move.</summary>
    /// <exception cref="KeyNotFoundException">There is no such row.</exception>
    public void Delete(string sobject, string id) => Change(sobject, id, (type, current, row) =>
    {
        if (!type.HasIsDeleted) return current with { HardDeleted = true, DeletedAt = Now() };
        row["IsDeleted"] = true;
        Touch(type, row);
        return current with { DeletedAt = Now() };
    });

    /// <summary>Takes the row out of the recycle bin; its stamps move.</summary>
    /// <exception cref="KeyNotFoundException">There is no such row.</exception>
    public void Undelete(string sobject, string id) => Change(sobject, id, (type, current, row) =>
    {
        if (!type.HasIsDeleted) throw new ArgumentException($"{sobject} has no recycle bin", nameof(sobject));
        row["IsDeleted"] = false;
        Touch(type, row);
        return current with { DeletedAt = null };
    });

    /// <summary>The row vanishes from every query and stays in the delete log.</summary>
    /// <exception cref="KeyNotFoundException">There is no such row.</exception>
    public void HardDelete(string sobject, string id) =>
        Change(sobject, id, (_, current, _) => current with { HardDeleted = true, DeletedAt = current.DeletedAt ?? Now() });

    /// <summary>The loser goes to the recycle bin and names the winner, as after a merge.</summary>
    /// <exception cref="ArgumentException">Rows of this object cannot be merged.</exception>
    /// <exception cref="KeyNotFoundException">There is no such row.</exception>
    public void Merge(string sobject, string winner, string loser)
    {
        if (Read(sobject, winner) is null) throw new KeyNotFoundException($"{sobject} has no row {winner}");
        Change(sobject, loser, (type, current, row) =>
        {
            if (type.AnyField("MasterRecordId") is not { } master) throw new ArgumentException($"{sobject} cannot be merged", nameof(sobject));
            row["IsDeleted"] = true;
            row[master.Name] = OverlayValue.Accept(master, winner);
            Touch(type, row);
            return current with { DeletedAt = Now() };
        });
        Update(sobject, winner, new Dictionary<string, object?>());
    }

    /// <summary>Sharing changes: the row is hidden from, or shown again to, everybody who asks. No stamp moves.</summary>
    /// <exception cref="KeyNotFoundException">There is no such row.</exception>
    public void Share(string sobject, string id, bool visible) => Change(sobject, id, (_, current, _) => current with { Hidden = !visible });

    /// <summary>Sharing changes for one user: the row is hidden from him, or shown again. No stamp moves.</summary>
    /// <exception cref="KeyNotFoundException">There is no such row.</exception>
    public void Share(string sobject, string id, bool visible, string userId) => Change(sobject, id, (_, current, _) =>
    {
        var others = (current.HiddenFrom ?? FrozenSet<string>.Empty).Where(user => user != userId);
        var hidden = (visible ? others : others.Append(userId)).ToFrozenSet(StringComparer.Ordinal);
        return current with { HiddenFrom = hidden.Count == 0 ? null : hidden };
    });

    /// <returns>The Id of a live row, or null when there is none.</returns>
    public string? RandomId(string sobject, Random random)
    {
        var rows = Rows(sobject);
        var count = rows.OrdinalCount;
        if (count == 0) return null;
        var start = random.NextInt64(count);
        for (var i = 0L; i < count; i++)
        {
            var ordinal = (start + i) % count;
            if (ObjectRows.IsVisible(rows.Row(ordinal), includeDeleted: false)) return SalesforceId.Text(rows.KeyPrefix, ordinal);
        }
        return null;
    }

    /// <summary>All fields of a row, also of one in the recycle bin, as typed values.</summary>
    /// <param name="id">15 or 18 characters.</param>
    /// <returns>Null when there is no such row.</returns>
    public IReadOnlyDictionary<string, object?>? Read(string sobject, string id)
    {
        var rows = Rows(sobject);
        if (Find(rows, id) is not { } ordinal || rows.Row(ordinal) is var row && !ObjectRows.IsVisible(row, includeDeleted: true)) return null;
        return RowValues.Read(row, TypeOf(rows));
    }

    /// <summary>Soft and hard deletes with <paramref name="start"/> ≤ time &lt; <paramref name="end"/>, by time.</summary>
    public IReadOnlyList<(string Id, DateTimeOffset At)> DeletedBetween(string sobject, DateTimeOffset start, DateTimeOffset end) =>
        DeleteLog.Between(Rows(sobject), start, end);

    /// <summary>Rows in the order of their Ids as canonical texts, computed from the same values as every reply but with formatting of its own.</summary>
    /// <exception cref="ArgumentException">An unknown field, or a compound or base64 one, which have no text of their own.</exception>
    public IEnumerable<TruthRow> Truth(string sobject, IReadOnlyList<string> fields, bool includeDeleted)
    {
        var rows = Rows(sobject);
        var type = TypeOf(rows);
        BoundField[] columns = [.. fields.Select(name => rows.Bind(type.AnyField(name) ?? throw new ArgumentException($"{sobject} has no {name}", nameof(fields))))];
        return CanonicalText.Rows(rows, columns, includeDeleted);
    }

    internal ObjectRows Rows(string sobject) => RowsOrNull(sobject) ?? throw new ArgumentException($"no object {sobject}", nameof(sobject));

    internal ObjectRows? RowsOrNull(string sobject) => _byName.GetValueOrDefault(sobject);

    /// <summary>The object whose Ids begin as this one does.</summary>
    internal ObjectRows? RowsOfId(ReadOnlySpan<byte> id) =>
        id.Length < 15 ? null : _byPrefix.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue([(char)id[0], (char)id[1], (char)id[2]], out var rows) ? rows : null;

    private SObjectType TypeOf(ObjectRows rows) => Schema.FindAny(rows.Name)!;

    private static long? Find(ObjectRows rows, string id) =>
        SalesforceId.Normalize(id) is { } whole ? rows.Find(System.Text.Encoding.ASCII.GetBytes(whole)) : null;

    private void Change(string sobject, string id, Func<SObjectType, OverlayRow, Dictionary<string, object?>, OverlayRow> change)
    {
        var rows = Rows(sobject);
        lock (_gate)
        {
            if (Find(rows, id) is not { } ordinal || rows.OverlayOf(ordinal) is { HardDeleted: true }) throw new KeyNotFoundException($"{sobject} has no row {id}");
            var current = rows.OverlayOf(ordinal) ?? new OverlayRow(false, new Dictionary<string, object?>(), false, null);
            var values = new Dictionary<string, object?>(current.Values, StringComparer.OrdinalIgnoreCase);
            var before = rows.OverlayOf(ordinal);
            var after = change(TypeOf(rows), current, values) with { Values = values };
            rows.Put(ordinal, after);
            _changes++;
            Changed?.Invoke(new RowChange(rows, ordinal, before, after));
        }
    }

    private static void Take(SObjectType type, IReadOnlyDictionary<string, object?> values, Dictionary<string, object?> row)
    {
        foreach (var (name, value) in values)
        {
            var field = type.AnyField(name) ?? throw new ArgumentException($"No such column '{name}' on sobject of type {type.Name}", nameof(values));
            if (field.Calculated || field.Type is "id" || field.Content.StartsWith("concat", StringComparison.Ordinal))
                throw new ArgumentException($"{field.Name} is computed", nameof(values));
            row[field.Name] = OverlayValue.Accept(field, value);
        }
    }

    private void Touch(SObjectType type, Dictionary<string, object?> row)
    {
        foreach (var stamp in (ReadOnlySpan<string>)["LastModifiedDate", "SystemModstamp"])
        {
            if (type.AnyField(stamp) is not null) row[stamp] = Now();
        }
        if (type.AnyField("LastModifiedById") is not null) row["LastModifiedById"] = FirstUser();
    }

    internal string FirstUserId => FirstUser() ?? SalesforceId.Text("005", 0);

    private string? FirstUser() => _byName["User"] is { BaseCount: > 0 } users ? SalesforceId.Text(users.KeyPrefix, 0) : null;

    /// <summary>Salesforce keeps its stamps at whole seconds.</summary>
    private DateTimeOffset Now() => DateTimeOffset.FromUnixTimeSeconds(_time.GetUtcNow().ToUnixTimeSeconds());
}
