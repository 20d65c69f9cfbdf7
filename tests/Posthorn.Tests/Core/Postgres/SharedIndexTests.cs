using Posthorn.Core.Access;
using Posthorn.Core.Search;
using Posthorn.Core.Search.Index;
using Posthorn.Stores;

namespace Posthorn.Tests.Core.Postgres;

/// <summary>Nodes on one database share the index: what one has made, the others use.</summary>
public sealed class SharedIndexTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nodes_that_index_one_account_at_once_make_one_index_of_it()
    {
        string connection = TestDatabase.Cluster.ConnectionString(TestDatabase.Create());
        await using TestStore one = await TestStore.OnDatabaseAsync(connection);
        await using TestStore other = await TestStore.OnDatabaseAsync(connection);
        for (int round = 0; round < 12; round++)
        {
            await one.AppendAsync((await one.InboxAsync()).Id, $"Subject: number{round}\r\n\r\nshared needle\r\n", "Subject: same\r\n\r\nshared\r\n");
            long[] indexed = await Task.WhenAll(UpdateAsync(one), UpdateAsync(other));
            Assert.Equal(2, indexed.Sum());
            foreach (TestStore node in new[] { one, other })
            {
                Assert.Equal(round + 1, (await FindAsync(node, "needle")).Hits.Count);
                Assert.Equal($"{(2 * round) + 1}", string.Join(',', (await FindAsync(node, $"number{round}")).Hits.Select(hit => hit.Message.Uid)));
            }
        }

        SearchIndexStatus status = (await other.Get<SearchIndexer>().StatusAsync(Actor.System("test"), other.Account, Cancel)).Value;
        Assert.Equal((24, 0), (status.Messages, status.Missing));

        // Copies of segments that were merged away do not pile up.
        await one.Get<IIndexStore>().ReadAsync(one.Account, Cancel);
        Assert.InRange(Directory.GetFiles(Path.Combine(one.Folder, "search"), "*.segment", SearchOption.AllDirectories).Length, 1, 10);
    }

    [Fact]
    public async Task A_node_that_cannot_write_its_copies_or_has_damaged_ones_leaves_the_index_of_all_alone()
    {
        string connection = TestDatabase.Cluster.ConnectionString(TestDatabase.Create());
        await using TestStore one = await TestStore.OnDatabaseAsync(connection);
        await using TestStore other = await TestStore.OnDatabaseAsync(connection);
        await one.AppendAsync((await one.InboxAsync()).Id, "Subject: one\r\n\r\nneedle\r\n");
        await UpdateAsync(one);
        IndexState made = await other.Get<IIndexStore>().ReadAsync(one.Account, Cancel);
        Assert.Equal(1, made.Generation);

        string copies = Path.Combine(other.Folder, "search", other.Account.ToString());
        Directory.CreateDirectory(Path.GetDirectoryName(copies)!);
        await File.WriteAllTextAsync(copies, "in the way", Cancel);
        Assert.Single((await FindAsync(other, "needle")).Hits);
        Assert.True((await one.Get<IIndexStore>().ReadAsync(one.Account, Cancel)).IsSame(made));

        File.Delete(copies);
        Directory.CreateDirectory(copies);
        string copy = Path.Combine(copies, $"{made.Segments[0].Id:N}.segment");
        await File.WriteAllTextAsync(copy, "not what was written", Cancel);
        Assert.Single((await FindAsync(other, "needle")).Hits);
        Assert.True((await one.Get<IIndexStore>().ReadAsync(one.Account, Cancel)).IsSame(made));
        Assert.Equal(made.Segments[0].Octets, new FileInfo(copy).Length);
    }

    private static async Task<long> UpdateAsync(TestStore node) =>
        (await node.Get<SearchIndexer>().UpdateAsync(Actor.System("test"), node.Account, Cancel)).Value;

    private static async Task<SearchHits> FindAsync(TestStore node, string query) =>
        (await node.Get<Searches>().FindAsync(node.Actor, node.Account, SearchQuery.Parse(query), new SearchPage(null, 50), Cancel)).Value;
}
