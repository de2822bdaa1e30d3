using Orgtap.Masking;

namespace Orgtap.Records;

/// <summary>One column of a replica table.</summary>
/// <param name="Name">The field's API name.</param>
/// <param name="Precision">Digits in all, for <see cref="ColumnType.Decimal"/>; 0 where Salesforce states none.</param>
/// <param name="Scale">Digits behind the point.</param>
public sealed record Column(string Name, ColumnType Type, int Precision = 0, int Scale = 0);

/// <summary>What one selected object looks like to extractor and replica alike: same columns, same order.</summary>
public sealed record ObjectSchema
{
    /// <param name="sobject">The object's API name.</param>
    /// <param name="columns">The first is <c>Id</c>.</param>
    /// <exception cref="ArgumentException">Id is missing or not first, or a name occurs twice.</exception>
    public ObjectSchema(string sobject, IReadOnlyList<Column> columns)
    {
        if (columns.Count == 0 || columns[0] is not { Name: "Id", Type: ColumnType.Id })
            throw new ArgumentException($"The first column of {sobject} must be Id.", nameof(columns));
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var column in columns)
            if (!names.Add(column.Name)) throw new ArgumentException($"{sobject}.{column.Name} occurs twice.", nameof(columns));
        SObject = sobject;
        Columns = columns;
    }

    public string SObject { get; }

    public IReadOnlyList<Column> Columns { get; }

    /// <summary>What every text goes through before it is part of a row; null: texts stay as they are.</summary>
    public TextMasker? Masker { get; init; }

    /// <summary>Where <c>IsDeleted</c> is, or -1 where the object has none.</summary>
    public int IsDeletedIndex => IndexOf("IsDeleted");

    /// <summary>Id and some of the other columns, in the order given.</summary>
    /// <param name="fields">Names; Id may be among them. Those the schema lacks are left out.</param>
    public ObjectSchema Part(IReadOnlyList<string> fields)
    {
        if (fields.Count == Columns.Count && fields.Zip(Columns).All(pair => string.Equals(pair.First, pair.Second.Name, StringComparison.OrdinalIgnoreCase))) return this;
        return new ObjectSchema(SObject, [Columns[0], .. fields.Where(field => field is not "Id").Select(IndexOf).Where(index => index > 0).Select(index => Columns[index])]) { Masker = Masker };
    }

    /// <summary>Case-insensitive as Salesforce is; -1 if absent.</summary>
    public int IndexOf(string name)
    {
        for (var i = 0; i < Columns.Count; i++)
            if (string.Equals(Columns[i].Name, name, StringComparison.OrdinalIgnoreCase)) return i;
        return -1;
    }
}
