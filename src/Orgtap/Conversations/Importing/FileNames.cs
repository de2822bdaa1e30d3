namespace Orgtap.Conversations.Importing;

/// <summary>Names of the files that hang on rows, by the Id of the row.</summary>
internal sealed class FileNames
{
    private readonly Dictionary<string, List<(string Id, string Name, DateTimeOffset? At)>> _files = new(StringComparer.Ordinal);

    /// <summary>Ordered by Id, which grows with their making.</summary>
    public IReadOnlyList<(string Id, string Name, DateTimeOffset? At)> this[string row] => _files.TryGetValue(row, out var files) ? files : [];

    public void Add(FileTable table, IEnumerable<SourceRow> rows)
    {
        foreach (var row in rows.OrderBy(row => row.Id, StringComparer.Ordinal))
        {
            if (row[table.ParentField] is not { } parent || row[table.NameField] is not { Length: > 0 } name) continue;
            if (!_files.TryGetValue(parent, out var files)) _files[parent] = files = [];
            // Each version of a file is a row of its own.
            if (files.All(file => file.Name != name)) files.Add((row.Id, name, row.Time("CreatedDate")));
        }
    }
}
