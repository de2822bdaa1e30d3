namespace Orgtap.Replicas.Sqlite;

/// <summary>Tables and columns are called as Salesforce calls them.</summary>
internal static class SqliteNames
{
    // SQLite keeps these names for itself; Salesforce does not (an object may be SQLite_Backup__c), but none of its names begins with an underscore.
    private const string Reserved = "sqlite_";

    /// <summary>The name of an object's table.</summary>
    public static string TableOf(string sobject) => sobject.StartsWith(Reserved, StringComparison.OrdinalIgnoreCase) ? "_" + sobject : sobject;
}
