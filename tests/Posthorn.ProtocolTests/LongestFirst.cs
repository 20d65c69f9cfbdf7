using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(Posthorn.ProtocolTests.LongestFirst))]

namespace Posthorn.ProtocolTests;

/// <summary>The collections that take minutes begin the run, the others follow in any order: one that came last would leave a processor idle until its end.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. DefaultTestCollectionOrderer.Instance.OrderTestCollections(testCollections).OrderBy(static collection => Rank(collection.TestCollectionDisplayName))];

    private static int Rank(string collection) =>
        collection == "Kills" ? 0 : collection.Contains(".RealClients.", StringComparison.Ordinal) || collection.Contains(".InStep.", StringComparison.Ordinal) ? 1 : 2;
}
