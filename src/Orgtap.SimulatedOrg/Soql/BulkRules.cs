namespace Orgtap.SimulatedOrg.Soql;

/// <summary>
/// What the Bulk API 2.0 refuses although REST takes it
/// (https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/query_create_job.htm).
/// </summary>
internal static class BulkRules
{
    public static BulkRefusal? Judge(QueryPlan plan)
    {
        var (syntax, from) = (plan.Syntax, plan.From);
        if (!from.BulkSupported) return new BulkRefusal("INVALIDENTITY", $"Entity '{from.Name}' is not supported by the Bulk API.");
        if (syntax.IsCountOnly || syntax.IsAggregate || syntax.Offset > 0)
            return new BulkRefusal("API_ERROR", "Implementation restriction: aggregate functions, GROUP BY and OFFSET are not supported in Bulk Query");
        if (syntax.Items.Any(static item => item is FieldsItem))
            return new BulkRefusal("API_ERROR", "Implementation restriction: FIELDS() is not supported in Bulk Query");
        if (plan.Selection!.HasSubquery)
            return new BulkRefusal("API_ERROR", "Implementation restriction: parent to child relationship queries are not supported in Bulk Query");
        foreach (var column in plan.Selection.Columns)
        {
            if (column.Field.IsCompound) return new BulkRefusal("API_ERROR", "Selecting compound data not supported in Bulk Query");
            if (column.Field.Type is "base64" or "json") return new BulkRefusal("FeatureNotEnabled", $"Cannot serialize value for '{column.Name}' in CSV format");
        }
        return null;
    }
}
