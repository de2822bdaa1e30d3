using Orgtap.SimulatedOrg.Soql;

namespace Orgtap.SimulatedOrg.Schema;

/// <summary>Objects that answer only to queries with a certain filter, each in its own words.</summary>
internal static class QueryRestrictions
{
    private static readonly Dictionary<string, (string[] Fields, string Message)> Needed = new(StringComparer.OrdinalIgnoreCase)
    {
        ["ContentDocumentLink"] = (["ContentDocumentId", "LinkedEntityId"],
            "Implementation restriction: ContentDocumentLink requires a filter by a single Id on ContentDocumentId or LinkedEntityId using the equals operator or multiple Id's using the IN operator."),
        ["Vote"] = (["ParentId", "Parent.Type"],
            "Implementation restriction: When querying the Vote object, you must filter using the following syntax: ParentId = [single ID], Parent.Type = [Type], or Id = [single ID]."),
        ["UserFieldAccess"] = (["UserId", "DurableId"], "a filter on a reified column is required [UserId,DurableId]"),
    };

    public static bool Has(string sobject) => Needed.ContainsKey(sobject);

    /// <exception cref="SoqlException">MALFORMED_QUERY: the query has none of the filters.</exception>
    public static void Check(SObjectType type, Condition? where)
    {
        if (Needed.TryGetValue(type.Name, out var needed) && !Filters(where, [.. needed.Fields, "Id"])) throw new SoqlException("MALFORMED_QUERY", needed.Message);
    }

    private static bool Filters(Condition? condition, string[] fields) => condition switch
    {
        AndCondition and => and.Parts.Any(part => Filters(part, fields)),
        Comparison { Operator: "=" or "IN", Left.Path: { } path } => fields.Contains(path.Text, StringComparer.OrdinalIgnoreCase),
        SemiJoin { Not: false, Left.Path: { } path } => fields.Contains(path.Text, StringComparer.OrdinalIgnoreCase),
        _ => false,
    };
}
