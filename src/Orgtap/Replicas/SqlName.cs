namespace Orgtap.Replicas;

/// <summary>The only way a name of Salesforce's gets into SQL text; SQLite and PostgreSQL quote alike.</summary>
internal static class SqlName
{
    public static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
