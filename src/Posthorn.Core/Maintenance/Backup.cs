using System.Globalization;
using System.Text.Json;
using Posthorn.Core.Access;
using Posthorn.Core.Bodies;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Maintenance;

/// <summary>What a backup folder says of itself, in <c>backup.json</c>: written last, so a folder without it is not a whole backup.</summary>
public sealed record BackupManifest(int Format, DateTimeOffset Taken, string Epoch, long Bodies, long BodyBytes);

/// <summary>
/// Copies the store while it is in use into a folder: the database of one moment, and the bodies it names. A second backup into the same folder copies only
/// bodies that are not there yet.
/// </summary>
public sealed class Backup
{
    public const string ManifestName = "backup.json";
    public const string DatabaseName = "posthorn.db";
    public const string BodiesName = "bodies";
    public const int Format = 1;
    private const int PageSize = 200;

    private readonly IStore _store;
    private readonly IStoreMaintenance _maintenance;
    private readonly IBlobStore _blobs;
    private readonly BodySweep _sweep;
    private readonly TimeProvider _time;

    internal Backup(IStore store, IStoreMaintenance maintenance, IBlobStore blobs, BodySweep sweep, TimeProvider time) =>
        (_store, _maintenance, _blobs, _sweep, _time) = (store, maintenance, blobs, sweep, time);

    /// <param name="folder">Made if it is not there; must be empty or hold an earlier backup of this store.</param>
    /// <param name="progress">Bodies copied or found there.</param>
    public async ValueTask<Result<BackupManifest>> RunAsync(Actor actor, string folder, IProgress<long> progress, CancellationToken cancel)
    {
        if (Rights.Check(actor, AccountId.Store, Right.Administer) is { } refusal)
        {
            return refusal;
        }

        if (_maintenance.CopyObjection is { } objection)
        {
            return new Refusal.Invalid(objection);
        }

        Directory.CreateDirectory(folder);
        string epoch = await _store.ReadAsync(AccountId.Store, session => session.Directory.SettingAsync("epoch"), cancel) ?? "";
        BackupManifest? earlier = ReadManifest(folder);
        if ((earlier is null && Directory.EnumerateFileSystemEntries(folder).Any()) || (earlier is not null && earlier.Epoch != epoch))
        {
            return new Refusal.Invalid($"{folder} holds something else. Give an empty folder, or the folder of an earlier backup of this store.");
        }

        // No body named by the copy may be swept before it is copied too.
        await _sweep.Gate.WaitAsync(cancel);
        try
        {
            return await CopyAsync(folder, epoch, progress, cancel);
        }
        finally
        {
            _sweep.Gate.Release();
        }
    }

    /// <summary>Null when the folder holds no whole backup.</summary>
    public static BackupManifest? ReadManifest(string folder)
    {
        string path = Path.Combine(folder, ManifestName);
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<BackupManifest>(File.ReadAllText(path)) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private async ValueTask<Result<BackupManifest>> CopyAsync(string folder, string epoch, IProgress<long> progress, CancellationToken cancel)
    {
        File.Delete(Path.Combine(folder, ManifestName));
        string database = Path.Combine(folder, DatabaseName), fresh = database + ".new";
        File.Delete(fresh);
        DateTimeOffset taken = _time.GetUtcNow();
        await _maintenance.CopyDatabaseAsync(fresh, cancel);
        (long bodies, long bytes) = await CopyBodiesAsync(Path.Combine(folder, BodiesName), progress, cancel);
        SyncFile(fresh);
        File.Move(fresh, database, overwrite: true);
        var manifest = new BackupManifest(Format, taken, epoch, bodies, bytes);
        string written = Path.Combine(folder, ManifestName);
        await File.WriteAllTextAsync(written + ".new", JsonSerializer.Serialize(manifest), cancel);
        SyncFile(written + ".new");
        File.Move(written + ".new", written);
        FolderSync.Sync(folder);
        return manifest;
    }

    private async ValueTask<(long Bodies, long Bytes)> CopyBodiesAsync(string folder, IProgress<long> progress, CancellationToken cancel)
    {
        Directory.CreateDirectory(folder);
        long count = 0, bytes = 0;
        BodyId? after = null;
        while (true)
        {
            BodyId? from = after;
            IReadOnlyList<StoredBody> page = await _store.ReadAsync(AccountId.Store, session => session.Bodies.ExternalAsync(from, PageSize), cancel);
            foreach (StoredBody body in page)
            {
                await CopyBodyAsync(folder, body, cancel);
                progress.Report(++count);
                bytes += body.SizeBytes;
                after = body.Id;
            }

            if (page.Count < PageSize)
            {
                return (count, bytes);
            }
        }
    }

    private async ValueTask CopyBodyAsync(string folder, StoredBody body, CancellationToken cancel)
    {
        string path = FileBlobStore.PathIn(folder, body.Id);
        if (File.Exists(path) && new FileInfo(path).Length == body.SizeBytes)
        {
            return;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await using Stream octets = await _blobs.OpenAsync(body, cancel)
            ?? throw new IOException(string.Create(CultureInfo.InvariantCulture, $"Body {body.Id} is missing; run: posthorn check"));
        await using (var file = new FileStream(path + ".part", FileMode.Create, FileAccess.Write, FileShare.None))
        {
            await octets.CopyToAsync(file, cancel);
            file.Flush(flushToDisk: true);
        }

        File.Move(path + ".part", path, overwrite: true);
    }

    private static void SyncFile(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        file.Flush(flushToDisk: true);
    }
}
