using System.Globalization;
using Orgtap.SimulatedOrg.Data.Conversations;
using Orgtap.SimulatedOrg.Data.Jobs;
using Orgtap.SimulatedOrg.Data.Rules;
using Orgtap.SimulatedOrg.Schema;

namespace Orgtap.SimulatedOrg.Data;

/// <summary>Chooses the rule for a field by its <see cref="FieldType.Content"/>.</summary>
internal sealed class RuleBook
{
    private const int UsualNullPercent = 8;
    private readonly Func<string, ObjectRows?> _rowsOf;
    private readonly Func<string, SObjectType?> _typeOf;
    private readonly DateTimeOffset _now;
    private readonly JobRules _jobs;

    public RuleBook(ulong seed, Func<string, ObjectRows?> rowsOf, Func<string, SObjectType?> typeOf, DateTimeOffset now, TimeProvider time)
    {
        (_rowsOf, _typeOf, _now) = (rowsOf, typeOf, now);
        Conversations = new ConversationRules(seed, rowsOf, Bind, now);
        _jobs = new JobRules(rowsOf, Bind, time);
    }

    public ConversationRules Conversations { get; }

    public ValueRule For(ObjectRows rows, FieldType field)
    {
        var words = field.Content.Split(' ');
        return words[0] switch
        {
            "id" => new IdRule(),
            "isdeleted" => new IsDeletedRule(),
            "created" => new StampRule(static (clock, ordinal, hash) => clock.Created(ordinal, hash)),
            "modified" => new StampRule(static (clock, ordinal, hash) => clock.Modified(ordinal, hash)),
            "modstamp" => new StampRule(static (clock, ordinal, hash) => clock.ModStamp(ordinal, hash)),
            "ref" => new ReferenceRule(field, Number(words, 100), [.. field.ReferenceTo.Select(_rowsOf).OfType<ObjectRows>().Where(target => target.BaseCount > 0)]),
            "firstref" => new ReferenceRule(field, 100, [_rowsOf(field.ReferenceTo[0])!]),
            "cron" => _jobs.For(field, words[1], words[2]),
            "pick" => new PickRule(field, Nulls(field, words)),
            "list" => new ListRule(field),
            "multipick" => new MultiPickRule(field, Math.Max(30, Nulls(field, words))),
            "bool" => new BooleanRule(field, Number(words, 50), words is [_, _, "first"]),
            "integer" => new IntegerRule(field, Nulls(field, []), Number(words, 1000)),
            "number" => new NumberRule(field, Nulls(field, words), NumberKind.Plain),
            "bignumber" => new NumberRule(field, Nulls(field, words), NumberKind.Big),
            "scientific" => new NumberRule(field, Nulls(field, words), NumberKind.Scientific),
            "zeroes" => new NumberRule(field, Nulls(field, words), NumberKind.Zeroes),
            "latitude" => new GeoRule(field, 90),
            "longitude" => new GeoRule(field, 180),
            "date" or "datetime" or "time" => new TimeRule(field, Nulls(field, words), _now, 6),
            "birthdate" => new TimeRule(field, Nulls(field, words), _now, 85),
            "text" => new ProseRule(field, Nulls(field, words), ProseKind.Line),
            "longtext" => new ProseRule(field, Nulls(field, words), ProseKind.Long),
            "nultext" => new ProseRule(field, Nulls(field, words), ProseKind.WithNul),
            "html" => new ProseRule(field, Nulls(field, words), ProseKind.Html),
            "path" => new PathRule(words[1]),
            "compound" => new FixedRule(CellKind.Compound),
            "blob" => new FixedRule(CellKind.Blob),
            "concat" => new ConcatRule(Bind(rows, words[1]), Bind(rows, words[2])),
            "times" => Times(rows, field, words),
            "divide" => new ArithmeticRule(field, Bind(rows, words[1]), static value => value, Bind(rows, words[2])),
            "isnull" => new IsNullRule(Bind(rows, words[1])),
            "parent" => Parent(rows, words),
            "" or "empty" => new FixedRule(CellKind.Null),
            _ => Conversations.For(field, words) ?? Recipe(field, words),
        };
    }

    private static RecipeRule Recipe(FieldType field, string[] words) => words[0] switch
    {
        "auto" => new(field, 0, Recipes.AutoNumber(field.Content[5..])) { IsDerived = true },
        "code" => new(field, Nulls(field, []), Recipes.Code(words.Length > 1 ? words[1] : "")),
        "digits" => new(field, Nulls(field, []), Recipes.Digits(Number(words, 6))),
        "const" => new(field, 0, Recipes.Constant(field.Content[6..])),
        _ => new(field, Nulls(field, words), words[0] switch
        {
            "company" => Recipes.Company,
            "firstname" => Recipes.FirstName,
            "lastname" => Recipes.LastName,
            "jobtitle" => Recipes.JobTitle,
            "city" => Recipes.City,
            "state" => Recipes.State,
            "country" => Recipes.Country,
            "postalcode" => Recipes.PostalCode,
            "street" => Recipes.Street,
            "phone" => Recipes.Phone,
            "email" => Recipes.Email,
            "username" => Recipes.UserName,
            "url" => Recipes.Url,
            "product" => Recipes.Product,
            "deal" => Recipes.Deal,
            "year" => Recipes.Year,
            "uuid" => Recipes.Uuid,
            _ => throw new InvalidOperationException($"{field.Name}: no content {words[0]}"),
        }),
    };

    private ArithmeticRule Times(ObjectRows rows, FieldType field, string[] words)
    {
        var factor = decimal.Parse(words[2], CultureInfo.InvariantCulture);
        return new ArithmeticRule(field, Bind(rows, words[1]), value => value * factor, null);
    }

    private ParentRule Parent(ObjectRows rows, string[] words)
    {
        var reference = Bind(rows, words[1]);
        var parents = _rowsOf(reference.Field.ReferenceTo[0])!;
        return new ParentRule(reference, words[2], parents, name => _typeOf(parents.Name)?.AnyField(name) is { } field ? parents.Bind(field) : null);
    }

    private BoundField Bind(ObjectRows rows, string name) =>
        _typeOf(rows.Name)?.AnyField(name) is { } field ? rows.Bind(field)
            : new BoundField(new FieldType { Name = name, Type = "string" }, new FixedRule(CellKind.Null));

    private static int Number(string[] words, int otherwise) => words.Length > 1 ? int.Parse(words[1], CultureInfo.InvariantCulture) : otherwise;

    private static int Nulls(FieldType field, string[] words) => !field.Nillable ? 0 : Number(words, UsualNullPercent);
}
