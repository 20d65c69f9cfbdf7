using Microsoft.Extensions.Logging.Abstractions;
using Posthorn.Core;
using Posthorn.Core.Bodies;
using Posthorn.Core.Maintenance;
using Posthorn.Core.Storage;

namespace Posthorn.Tests.Core;

/// <summary>Bodies as files, while others write them.</summary>
public sealed class FileBlobStoreTests : IDisposable
{
    private const int Parts = 5;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("posthorn-test-");
    private readonly FileBlobStore _blobs;
    private readonly List<BodyId> _ids = [.. Enumerable.Range(0, 2 + Parts).Select(static n => new BodyId(new Guid(0, 0, 0, 0, 0, 0, 0, 0, 0, (byte)n, 0xab)))];

    public FileBlobStoreTests() => _blobs = new FileBlobStore(_folder.FullName);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_body_that_becomes_whole_while_they_are_listed_is_not_told_to_be_old()
    {
        List<BlobUpload> uploads = await BeginAsync();
        DateTimeOffset longAgo = DateTimeOffset.UtcNow.AddDays(-1);
        var listed = new List<ListedBody>();
        await foreach (ListedBody body in _blobs.ListAsync(Cancel))
        {
            // At the first: what the folder holds was read by then.
            await CompleteAsync(uploads);
            listed.Add(body);
        }

        Assert.All(listed.Where(body => body.Uploaded < longAgo), body => Assert.Contains(body.Id, _ids[..2]));
        Assert.Equal(_ids, (await ((IBlobStore)_blobs).PresentAsync(Cancel)).OrderBy(static id => id.Value));
    }

    [Fact]
    public async Task The_sweep_keeps_a_body_that_becomes_whole_meanwhile_and_takes_what_was_cut_off()
    {
        await using TestStore store = await TestStore.OpenAsync();
        store.Time.SetUtcNow(DateTimeOffset.UtcNow);
        List<BlobUpload> uploads = await BeginAsync();
        var cutOff = new BodyId(new Guid(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xab));
        await using BlobUpload left = await _blobs.CreateAsync(cutOff, Cancel);
        string part = FileBlobStore.PathIn(Path.Combine(_folder.FullName, "bodies"), cutOff) + ".part";
        File.SetLastWriteTimeUtc(part, DateTime.UtcNow.AddDays(-2));

        var sweep = new BodySweep(
            store.Store, store.Get<IStoreMaintenance>(), new Meanwhile(_blobs, () => CompleteAsync(uploads)), store.Get<StoreUse>(), store.Time, NullLogger<BodySweep>.Instance);
        Assert.Equal(2 + 1, await sweep.SweepAsync(Cancel));
        Assert.Equal(_ids[2..], (await ((IBlobStore)_blobs).PresentAsync(Cancel)).OrderBy(static id => id.Value));
        Assert.False(File.Exists(part));
    }

    [Fact]
    public async Task Files_are_looked_at_soon_after_the_start_and_once_a_day()
    {
        await using TestStore store = await TestStore.OpenAsync();
        int looks = 0;
        await (await _blobs.CreateAsync(_ids[0], Cancel)).CompleteAsync(Cancel);
        var counted = new Meanwhile(_blobs, () =>
        {
            looks++;
            return Task.CompletedTask;
        });
        var sweep = new BodySweep(store.Store, store.Get<IStoreMaintenance>(), counted, store.Get<StoreUse>(), store.Time, NullLogger<BodySweep>.Instance);
        await sweep.RunOnceAsync(Cancel);
        Assert.Equal(1, looks);
        store.Time.Advance(TimeSpan.FromHours(23));
        await sweep.RunOnceAsync(Cancel);
        Assert.Equal(1, looks);
        store.Time.Advance(TimeSpan.FromHours(1));
        await sweep.RunOnceAsync(Cancel);
        Assert.Equal(2, looks);
    }

    [Fact]
    public async Task A_folder_of_others_among_those_of_bodies_is_not_looked_into()
    {
        await using TestStore store = await TestStore.OpenAsync();
        store.Time.SetUtcNow(DateTimeOffset.UtcNow);
        List<BlobUpload> uploads = await BeginAsync();
        await CompleteAsync(uploads);

        // As the file system of a disk of its own has it: root's alone. A body in it would be listed where the user of the tests is root.
        DirectoryInfo others = Directory.CreateDirectory(Path.Combine(_folder.FullName, "bodies", "lost+found"));
        string theirs = Path.Combine(others.FullName, _ids[0].ToString());
        await File.WriteAllTextAsync(theirs, "", Cancel);
        File.SetLastWriteTimeUtc(theirs, DateTime.UtcNow.AddDays(-2));
        others.UnixFileMode = UnixFileMode.None;
        try
        {
            var sweep = new BodySweep(store.Store, store.Get<IStoreMaintenance>(), _blobs, store.Get<StoreUse>(), store.Time, NullLogger<BodySweep>.Instance);
            Assert.Equal(2, await sweep.SweepAsync(Cancel));
            Assert.Equal(_ids[2..], (await ((IBlobStore)_blobs).PresentAsync(Cancel)).OrderBy(static id => id.Value));
        }
        finally
        {
            others.UnixFileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        }
    }

    [Fact]
    public async Task A_sweep_that_may_not_read_is_tried_again()
    {
        await using TestStore store = await TestStore.OpenAsync();
        int looks = 0;
        await (await _blobs.CreateAsync(_ids[0], Cancel)).CompleteAsync(Cancel);
        var denied = new Meanwhile(_blobs, () => ++looks == 1 ? throw new UnauthorizedAccessException("Access to the path is denied.") : Task.CompletedTask);
        var sweep = new BodySweep(store.Store, store.Get<IStoreMaintenance>(), denied, store.Get<StoreUse>(), store.Time, NullLogger<BodySweep>.Instance);
        await sweep.RunOnceAsync(Cancel);
        await sweep.RunOnceAsync(Cancel);
        Assert.Equal(2, looks);
    }

    [Fact]
    public async Task What_was_cut_off_is_taken_away_without_the_body_that_it_became()
    {
        List<BlobUpload> uploads = await BeginAsync();
        await uploads[0].CompleteAsync(Cancel);
        await _blobs.DeletePartAsync(_ids[2], Cancel);
        Assert.Contains(_ids[2], await ((IBlobStore)_blobs).PresentAsync(Cancel));
        await CompleteAsync(uploads[1..]);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>Two old bodies and uploads under way, all in one folder.</summary>
    private async Task<List<BlobUpload>> BeginAsync()
    {
        var uploads = new List<BlobUpload>();
        foreach (BodyId id in _ids)
        {
            uploads.Add(await _blobs.CreateAsync(id, Cancel));
        }

        foreach (BodyId id in _ids[..2])
        {
            await uploads[0].CompleteAsync(Cancel);
            uploads.RemoveAt(0);
            File.SetLastWriteTimeUtc(FileBlobStore.PathIn(Path.Combine(_folder.FullName, "bodies"), id), DateTime.UtcNow.AddDays(-2));
        }

        return uploads;
    }

    private static async Task CompleteAsync(List<BlobUpload> uploads)
    {
        foreach (BlobUpload upload in uploads)
        {
            await upload.CompleteAsync(Cancel);
        }

        uploads.Clear();
    }

    /// <summary>Files, with something that happens as soon as the first is listed.</summary>
    private sealed class Meanwhile(IBlobStore blobs, Func<Task> happens) : IBlobStore
    {
        public ValueTask<BlobUpload> CreateAsync(BodyId id, CancellationToken cancel) => blobs.CreateAsync(id, cancel);

        public ValueTask<Stream?> OpenAsync(StoredBody body, CancellationToken cancel) => blobs.OpenAsync(body, cancel);

        public ValueTask DeleteAsync(BodyId id, CancellationToken cancel) => blobs.DeleteAsync(id, cancel);

        public ValueTask DeletePartAsync(BodyId id, CancellationToken cancel) => blobs.DeletePartAsync(id, cancel);

        public async IAsyncEnumerable<ListedBody> ListAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
        {
            await foreach (ListedBody body in blobs.ListAsync(cancel))
            {
                await happens();
                yield return body;
            }
        }
    }
}
