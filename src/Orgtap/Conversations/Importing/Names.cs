namespace Orgtap.Conversations.Importing;

/// <summary>Names behind Ids, as far as the replica has their rows. Keeps what it looked up, up to a bound.</summary>
internal sealed class Names(SourceRows rows)
{
    /// <summary>Fields that name somebody or something.</summary>
    public static readonly string[] References =
        ["OwnerId", "ContactId", "AccountId", "CaseId", "AgentId", "CreatedById", "InsertedById", "MessagingEndUserId", "EndUserContactId", "EndUserAccountId", "RelatedRecordId", "ActorId"];

    private const int MostKept = 50_000;

    private static readonly (string Prefix, string Table, string Column)[] Tables =
        [("005", "User", "Name"), ("00G", "Group", "Name"), ("003", "Contact", "Name"), ("001", "Account", "Name"), ("0PA", "MessagingEndUser", "Name"), ("500", "Case", "CaseNumber")];

    private readonly Dictionary<string, string?> _known = [];

    public string? this[string? id] => id is not null ? _known.GetValueOrDefault(id) : null;

    /// <summary>Of an Id whose row is at hand.</summary>
    public void Know(string id, string? name) => _known[id] = name;

    /// <summary>Makes the names of these Ids known.</summary>
    public async Task LookUpAsync(IEnumerable<string?> ids, CancellationToken cancellationToken)
    {
        var wanted = ids.Where(id => id is { Length: 18 }).Select(id => id!).Distinct(StringComparer.Ordinal).Where(id => !_known.ContainsKey(id)).ToList();
        if (_known.Count + wanted.Count > MostKept)
        {
            // What this batch needs may have been known already.
            wanted = [.. ids.Where(id => id is { Length: 18 }).Select(id => id!).Distinct(StringComparer.Ordinal)];
            _known.Clear();
        }
        foreach (var (prefix, table, column) in Tables)
        {
            foreach (var some in wanted.Where(id => id.StartsWith(prefix, StringComparison.Ordinal)).Chunk(500))
            {
                foreach (var id in some) _known[id] = null;
                foreach (var row in await rows.ReadAsync(table, "Id", some, deletedToo: true, cancellationToken, "Id", column)) _known[row.Id] = row[column];
            }
        }
    }
}
