using Npgsql;
using Posthorn.Core.Access;
using Posthorn.Core.Bodies;
using Posthorn.Core.Storage;
using Posthorn.Core.Storage.Copying;
using Posthorn.Core.Storage.Postgres;
using Posthorn.Core.Storage.Sqlite;

namespace Posthorn.Core.Maintenance;

/// <summary>What a backup run did.</summary>
/// <param name="RowsWritten">Rows that differed from the backup before; all of them in a first one.</param>
/// <param name="BodiesCopied">Large bodies that were not there yet.</param>
/// <param name="Damaged">What the store itself has lost.</param>
public sealed record BackupReport(BackupManifest Manifest, long RowsWritten, long BodiesCopied, IReadOnlyList<string> Damaged);

/// <summary>
/// Copies the store while it is in use into a folder: the rows of one moment in a SQLite database, whatever database they come from, and the large bodies they name as files.
/// A second backup into the same folder writes only what changed: rows in one transaction, so that the folder always holds a whole backup, the old one or the new.
/// </summary>
public sealed class Backup
{
    public const string DatabaseName = "posthorn.db";
    public const string BodiesName = "bodies";

    private readonly IStore _store;
    private readonly IStoreMaintenance _maintenance;
    private readonly IBlobStore _blobs;
    private readonly TimeProvider _time;

    internal Backup(IStore store, IStoreMaintenance maintenance, IBlobStore blobs, TimeProvider time) =>
        (_store, _maintenance, _blobs, _time) = (store, maintenance, blobs, time);

    /// <param name="folder">Made if it is not there; must be empty or hold an earlier backup of this store.</param>
    public async ValueTask<Result<BackupReport>> RunAsync(Actor actor, string folder, IProgress<WorkStep> progress, CancellationToken cancel)
    {
        if (Rights.Check(actor, AccountId.Store, Right.Administer) is { } refusal)
        {
            return refusal;
        }

        PrivateFolder.Make(folder);
        string epoch = await _store.ReadAsync(AccountId.Store, static session => session.Directory.SettingAsync(StoreMark.Epoch), cancel) ?? "";
        string database = Path.Combine(folder, DatabaseName);
        if (Directory.EnumerateFileSystemEntries(folder).Any(static entry => !IsUnfinished(entry)) && EpochOf(database) != epoch)
        {
            return new Refusal.Invalid($"{folder} holds something else. Give an empty folder, or the folder of an earlier backup of this store.");
        }

        await using BodyHold hold = await BodyHold.TakeAsync(_store, _time, cancel);
        try
        {
            return await Task.Run(async () => File.Exists(database)
                ? await AgainAsync(folder, database, epoch, progress, cancel)
                : await FirstAsync(folder, database, epoch, progress, cancel), cancel);
        }
        catch (Exception failure) when (failure is NpgsqlException or SqliteFault)
        {
            throw failure is NpgsqlException fault ? PostgresFault.ToUnavailable(fault) : ((SqliteFault)failure).ToUnavailable();
        }
    }

    /// <summary>What a first backup leaves when it is cut off: the next one begins anew, and finds the bodies that were copied.</summary>
    private static bool IsUnfinished(string entry) => Path.GetFileName(entry) is BodiesName or BackupManifest.PreparedName || Path.GetFileName(entry).StartsWith(DatabaseName + ".new", StringComparison.Ordinal);

    private static string? EpochOf(string database)
    {
        if (!File.Exists(database))
        {
            return null;
        }

        try
        {
            using SqliteRows rows = SqliteRows.Read(database);
            return rows.Setting(StoreMark.Epoch);
        }
        catch (SqliteFault)
        {
            return null;
        }
    }

    private async ValueTask<BackupReport> FirstAsync(string folder, string database, string epoch, IProgress<WorkStep> progress, CancellationToken cancel)
    {
        string fresh = database + ".new";
        foreach (string left in Directory.EnumerateFiles(folder, Path.GetFileName(fresh) + "*"))
        {
            File.Delete(left);
        }

        DateTimeOffset taken = _time.GetUtcNow();
        progress.Report(new WorkStep("Copying the database", 0, null));
        var damaged = new List<string>();
        if (!await _maintenance.TryCopyDatabaseAsync(fresh, cancel))
        {
            BackupFile.Make(fresh, _time);
            using IRowSource source = await _maintenance.ReadRowsAsync(cancel);
            using SqliteRows target = SqliteRows.Fill(fresh, hasSteps: false);
            new RowCopy(source, target, progress).Run(cancel);
            damaged.AddRange(new BodyCopy(source, _blobs, _blobs, progress).CopyInline(target, cancel).Damaged);
            target.Commit();
        }

        CopiedBodies large;
        BackupManifest manifest;
        using (SqliteRows copied = SqliteRows.Read(fresh))
        {
            large = await CopyBodiesAsync(copied, folder, progress, cancel);
            manifest = BackupFile.Describe(copied, taken, epoch, progress, cancel);
        }

        SyncFile(fresh);
        manifest.Prepare(folder);
        File.Move(fresh, database);
        BackupManifest.Settle(folder);
        return new BackupReport(manifest, manifest.Tables!.Values.Sum(static table => table.Rows), large.Copied, [.. damaged, .. large.Damaged]);
    }

    private async ValueTask<BackupReport> AgainAsync(string folder, string database, string epoch, IProgress<WorkStep> progress, CancellationToken cancel)
    {
        if (BackupFile.PreparedOf(folder, progress, cancel) is not null)
        {
            // The run before was cut off after its commit: its words are those of the backup that this one replaces.
            BackupManifest.Settle(folder);
        }

        BackupFile.BringUpToDate(database, _time);
        DateTimeOffset taken = _time.GetUtcNow();
        long written;
        CopiedBodies small, large;
        BackupManifest manifest;
        using (IRowSource source = await _maintenance.ReadRowsAsync(cancel))
        using (SqliteRows target = SqliteRows.Fill(database, hasSteps: false))
        {
            written = new RowCopy(source, target, progress).Run(cancel).Sum(static table => table.Added + table.Changed + table.Removed);
            small = new BodyCopy(source, _blobs, _blobs, progress).CopyInline(target, cancel);
            large = await CopyBodiesAsync(target, folder, progress, cancel);

            // Read back before the commit, which makes the new one of the old at one stroke: both have words of their own then.
            manifest = BackupFile.Describe(target, taken, epoch, progress, cancel);
            manifest.Prepare(folder);
            target.Commit();
        }

        BackupManifest.Settle(folder);
        await RemoveUnnamedAsync(folder, database, cancel);
        return new BackupReport(manifest, written, large.Copied, [.. small.Damaged, .. large.Damaged]);
    }

    private async ValueTask<CopiedBodies> CopyBodiesAsync(SqliteRows named, string folder, IProgress<WorkStep> progress, CancellationToken cancel) =>
        await new BodyCopy(named, _blobs, new FileBlobStore(folder), progress).CopyExternalAsync(cancel);

    /// <summary>Bodies that the backup before named and this one does not.</summary>
    private static async ValueTask RemoveUnnamedAsync(string folder, string database, CancellationToken cancel)
    {
        var files = new FileBlobStore(folder);
        HashSet<BodyId> named;
        using (SqliteRows rows = SqliteRows.Read(database))
        {
            named = [.. rows.ExternalBodies().Select(static body => body.Id)];
        }

        foreach (BodyId id in (await ((IBlobStore)files).PresentAsync(cancel)).Where(id => !named.Contains(id)))
        {
            await files.DeleteAsync(id, cancel);
        }
    }

    private static void SyncFile(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        file.Flush(flushToDisk: true);
    }
}
