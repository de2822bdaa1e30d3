namespace Orgtap.Replicas.Sqlite;

/// <summary>The only way a Salesforce name gets into SQL text here.</summary>
internal static class SqliteNames
{
    public static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
