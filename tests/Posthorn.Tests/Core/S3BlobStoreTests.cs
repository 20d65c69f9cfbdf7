using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Bodies;
using Posthorn.Core.Bodies.S3;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Maintenance;
using Posthorn.Core.Messages;
using Posthorn.Core.Storage;
using Posthorn.Stores;

namespace Posthorn.Tests.Core;

/// <summary>Large bodies in a bucket: the client library against a real HTTP server.</summary>
public sealed class S3BlobStoreTests : IDisposable
{
    private static readonly Actor Administrator = Actor.System("test");
    private static readonly string Large = "Subject: large\r\n\r\n" + string.Concat(Enumerable.Range(0, 30_000).Select(i => $"line {i}\r\n"));

    private readonly S3Server _server = S3Server.Start();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task A_large_message_is_an_object_and_comes_back_octet_for_octet()
    {
        await using TestStore store = await TestStore.WithBodiesAsync(_server.Options);
        Mailbox inbox = await store.InboxAsync();
        await store.AppendAsync(inbox.Id, Large, "Subject: small\r\n\r\n");
        Assert.Equal(Large.Length, new FileInfo(Assert.Single(_server.Objects)).Length);
        Assert.Equal(Large, await store.TextAsync(inbox.Id, 1));
        Assert.False(Directory.Exists(Path.Combine(store.Folder, "bodies")));

        TestDatabase.ForgetCopies(store.Folder);
        Assert.Equal(Large, await store.TextAsync(inbox.Id, 1));
        int before = _server.Requests();
        Assert.Equal(Large, await store.TextAsync(inbox.Id, 1));
        Assert.Equal(before, _server.Requests());
        Assert.Empty((await store.Get<StoreCheck>().RunAsync(Administrator, false, new Progress<long>(), Cancel)).Value);
    }

    [Fact]
    public async Task A_message_that_was_not_filed_leaves_no_object()
    {
        await using TestStore store = await TestStore.WithBodiesAsync(_server.Options);
        await using (await store.MessageAsync(Large))
        {
            Assert.Single(_server.Objects);
        }

        Assert.Empty(_server.Objects);
        await using MessageWriter cutOff = store.Get<Messages>().StartMessage();
        await cutOff.WriteAsync(new byte[200_000], Cancel);
        await cutOff.DisposeAsync();
        Assert.Empty(_server.Objects);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(store.Folder, "body-cache")));
    }

    [Fact]
    public async Task A_server_that_fails_now_and_then_is_asked_again()
    {
        await using TestStore store = await TestStore.WithBodiesAsync(_server.Options);
        Mailbox inbox = await store.InboxAsync();
        store.Get<IBlobStore>();
        _server.Fail(2);
        await store.AppendAsync(inbox.Id, Large);
        TestDatabase.ForgetCopies(store.Folder);
        _server.Fail(2);
        Assert.Equal(Large, await store.TextAsync(inbox.Id, 1));
    }

    [Fact]
    public async Task A_server_that_keeps_failing_is_a_temporary_error_and_nothing_is_filed()
    {
        await using TestStore store = await TestStore.WithBodiesAsync(_server.Options);
        Mailbox inbox = await store.InboxAsync();
        store.Get<IBlobStore>();
        _server.Fail(1_000);
        StoreUnavailableException failure = await Assert.ThrowsAsync<StoreUnavailableException>(() => store.AppendAsync(inbox.Id, Large));
        Assert.DoesNotContain('\n', failure.Message);
        _server.BeWell();
        Assert.Equal(0, (await store.InboxAsync()).Messages);
        await store.AppendAsync(inbox.Id, Large);
        Assert.Equal(1, (await store.InboxAsync()).Messages);
    }

    [Fact]
    public async Task A_damaged_object_is_given_to_nobody_and_check_names_it_as_it_names_a_missing_one()
    {
        await using TestStore store = await TestStore.WithBodiesAsync(_server.Options);
        Mailbox inbox = await store.InboxAsync();
        await store.AppendAsync(inbox.Id, Large);
        string file = Assert.Single(_server.Objects);
        byte[] octets = await File.ReadAllBytesAsync(file, Cancel);
        octets[5_000] ^= 1;
        await File.WriteAllBytesAsync(file, octets, Cancel);
        Assert.Contains("is damaged", Assert.Single(await CheckAsync(store)), StringComparison.Ordinal);
        TestDatabase.ForgetCopies(store.Folder);
        Assert.True((await Assert.ThrowsAsync<StoreUnavailableException>(() => store.TextAsync(inbox.Id, 1))).IsDamaged);

        await File.WriteAllBytesAsync(file, octets[..(octets.Length / 2)], Cancel);
        Assert.Contains("is damaged", Assert.Single(await CheckAsync(store)), StringComparison.Ordinal);

        foreach (string part in Directory.EnumerateFiles(Path.GetDirectoryName(file)!))
        {
            File.Delete(part);
        }

        Assert.Contains("is missing", Assert.Single(await CheckAsync(store)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_sweep_takes_objects_that_nothing_refers_to()
    {
        await using TestStore store = await TestStore.WithBodiesAsync(_server.Options);
        Mailbox inbox = await store.InboxAsync();
        await store.AppendAsync(inbox.Id, Large, Large);
        store.Time.SetUtcNow(DateTimeOffset.UtcNow - TimeSpan.FromDays(20));
        await store.Get<Messages>().DeleteAsync(store.Actor, store.Account, inbox.Id, UidSet.Of(1), Cancel);
        await store.MessageAsync(Large);
        Assert.Equal(3, _server.Objects.Count);
        // What was removed is kept for a while; then the body is free.
        store.Time.SetUtcNow(DateTimeOffset.UtcNow);
        Assert.Equal((1, 0), await store.Get<Posthorn.Core.Undelete.UndeleteExpiry>().ExpireAsync(Cancel));
        store.Time.SetUtcNow(DateTimeOffset.UtcNow + BodySweep.Grace + TimeSpan.FromMinutes(1));
        Assert.Equal(1, await store.Get<BodySweep>().SweepAsync(Cancel));
        store.Time.SetUtcNow(DateTimeOffset.UtcNow + BodySweep.UploadGrace + TimeSpan.FromMinutes(1));
        Assert.Equal(1, await store.Get<BodySweep>().SweepAsync(Cancel));
        Assert.Equal(Large, await store.TextAsync(inbox.Id, 2));
        Assert.Single(_server.Objects);
    }

    [Fact]
    public async Task The_cache_stays_below_its_bound()
    {
        await using TestStore store = await TestStore.WithBodiesAsync(_server.Options with { CacheBytes = 3 * Large.Length });
        Mailbox inbox = await store.InboxAsync();
        for (int i = 0; i < 8; i++)
        {
            await store.AppendAsync(inbox.Id, Large);
        }

        Assert.InRange(Directory.EnumerateFiles(Path.Combine(store.Folder, "body-cache")).Sum(file => new FileInfo(file).Length), 1, 3 * Large.Length);
        Assert.Equal(Large, await store.TextAsync(inbox.Id, 1));
    }

    /// <summary>None at all, none that has room for the message, and one with room for it alone.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(0.5)]
    [InlineData(1)]
    public async Task What_has_no_room_in_the_cache_is_filed_and_read_all_the_same(double messages)
    {
        await using TestStore store = await TestStore.WithBodiesAsync(_server.Options with { CacheBytes = (long)(messages * Large.Length) });
        Mailbox inbox = await store.InboxAsync();
        await store.AppendAsync(inbox.Id, Large, Large);
        Assert.Equal(Large, await store.TextAsync(inbox.Id, 1));
        Assert.Equal(Large, await store.TextAsync(inbox.Id, 2));
        Assert.Empty(await CheckAsync(store));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(store.Folder, "body-cache"), "*.part"));
    }

    [Fact]
    public async Task A_bucket_that_cannot_be_used_is_refused_in_one_line()
    {
        await RefusedAsync(_server.Options with { Bucket = "no-such-bucket" }, "There is no bucket no-such-bucket");
        await RefusedAsync(_server.Options with { AccessKey = "SOMEBODY", SecretKey = "hunter2" }, "refuses the keys");
        await RefusedAsync(_server.Options with { Endpoint = "http://127.0.0.1:1" }, "cannot be reached");
    }

    [Fact]
    public async Task A_place_in_a_bucket_is_one_stores_alone()
    {
        // Within the other place, and yet one of its own.
        StoreOptions first = Place(_server.Options), inner = Place(_server.Options with { Prefix = "bodies/second/" });
        await using (TestStore store = await TestStore.AtAsync(first))
        {
            await store.AppendAsync((await store.InboxAsync()).Id, Large);
        }

        await using (TestStore opened = await TestStore.AtAsync(first), beside = await TestStore.AtAsync(inner))
        {
            Assert.Equal(Large, await opened.TextAsync((await opened.InboxAsync()).Id, 1));
            await beside.AppendAsync((await beside.InboxAsync()).Id, Large);
            opened.Time.SetUtcNow(DateTimeOffset.UtcNow + BodySweep.UploadGrace + TimeSpan.FromMinutes(1));
            Assert.Equal(0, await opened.Get<BodySweep>().SweepAsync(Cancel));
            Assert.Single(await opened.Get<IBlobStore>().PresentAsync(Cancel));
            Assert.Equal(2, _server.Objects.Count);
        }

        await using TestStore another = await TestStore.AtAsync(Place(_server.Options));
        StoreOpeningException refused = Assert.Throws<StoreOpeningException>(another.Get<IBlobStore>);
        Assert.Contains("keeps the bodies of another store under the prefix \"bodies/\"", refused.Message, StringComparison.Ordinal);
        Assert.Contains("delete the object bodies/posthorn-store", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
        _server.Delete("bodies/posthorn-store");
        Assert.Single(await another.Get<IBlobStore>().PresentAsync(Cancel));
        await using TestStore late = await TestStore.AtAsync(first);
        Assert.Throws<StoreOpeningException>(late.Get<IBlobStore>);
    }

    private StoreOptions Place(S3Options bodies) => new() { DataFolder = Directory.CreateDirectory(Path.Combine(_server.Folder, Path.GetRandomFileName())).FullName, Bodies = bodies };

    private static async Task RefusedAsync(S3Options options, string said)
    {
        await using TestStore store = await TestStore.WithBodiesAsync(options);
        StoreOpeningException refused = Assert.Throws<StoreOpeningException>(store.Get<IBlobStore>);
        Assert.Contains(said, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }

    private static async Task<string[]> CheckAsync(TestStore store) =>
        [.. (await store.Get<StoreCheck>().RunAsync(Administrator, false, new Progress<long>(), Cancel)).Value.Select(finding => finding.Text)];
}
