using Posthorn.Core.Storage;
using Posthorn.Stores;

namespace Posthorn.Tests.Core;

/// <summary>What is the embedded store's alone.</summary>
public sealed class SqliteStoreTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_write_that_awaits_something_else_throws_and_the_writer_goes_on()
    {
        Assert.SkipWhen(TestDatabase.IsPostgres, "SQLite alone");
        await using TestStore store = await TestStore.OpenAsync();
        var never = new TaskCompletionSource<int>();
        await Assert.ThrowsAsync<InvalidOperationException>(() => store.Store.WriteAsync(
            new[] { store.Account }, async session => await never.Task, Cancel).AsTask());
        Assert.Equal(7, await store.Store.WriteAsync(new[] { store.Account }, _ => ValueTask.FromResult(7), Cancel));
    }

    [Fact]
    public async Task A_foreign_database_and_a_damaged_one_are_refused_in_one_line()
    {
        Assert.SkipWhen(TestDatabase.IsPostgres, "SQLite alone");
        string folder = Directory.CreateTempSubdirectory("posthorn-test-").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "posthorn.db"), new string('x', 8192), Cancel);
        StoreOpeningException refused = await Assert.ThrowsAsync<StoreOpeningException>(() => TestStore.OpenAsync(folder));
        Assert.DoesNotContain('\n', refused.Message);
        Directory.Delete(folder, recursive: true);
    }
}
