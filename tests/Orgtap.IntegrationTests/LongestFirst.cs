using Orgtap.IntegrationTests.Web;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(Orgtap.IntegrationTests.LongestFirst))]

namespace Orgtap.IntegrationTests;

/// <summary>Begins with what takes longest, so that nothing long is left alone at the end: the web pages, which share one browser, beside the programs that are killed.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(collection => collection.TestCollectionDisplayName switch
        {
            WebCollection.Name => 0,
            var name when name.Contains("KilledProgram", StringComparison.Ordinal) => 1,
            var name when name.Contains("Processes", StringComparison.Ordinal) || name.Contains("Journey", StringComparison.Ordinal) || name.Contains("PostgresBackup", StringComparison.Ordinal) => 2,
            _ => 3,
        })];
}
