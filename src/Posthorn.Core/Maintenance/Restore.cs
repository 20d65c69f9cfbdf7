using Npgsql;
using Posthorn.Core.Bodies;
using Posthorn.Core.Bodies.S3;
using Posthorn.Core.Storage;
using Posthorn.Core.Storage.Copying;
using Posthorn.Core.Storage.Postgres;
using Posthorn.Core.Storage.Sqlite;

namespace Posthorn.Core.Maintenance;

/// <summary>
/// Puts a backup in the place of an empty store, embedded or in PostgreSQL, with bodies in files or in a bucket, wherever it was taken from. The restored store begins a new epoch:
/// new UIDVALIDITYs and modseqs far above all that were ever told, so that no client takes an old number for a new message; POP3 ids stay (DESIGN: one account, one history).
/// </summary>
public static class Restore
{
    /// <exception cref="StoreOpeningException">No whole backup, or the place is not free; nothing was changed.</exception>
    /// <returns>Bodies that the backup does not have.</returns>
    public static async ValueTask<IReadOnlyList<string>> RunAsync(string backupFolder, StoreOptions to, TimeProvider time, IProgress<WorkStep> progress, CancellationToken cancel)
    {
        BackupManifest manifest = Whole(backupFolder, progress, cancel);
        PrivateFolder.Make(to.DataFolder);
        string fresh = Path.Combine(to.DataFolder, SqliteStore.FileName + ".restoring");
        if (to.Database.Length == 0)
        {
            return await IntoFileAsync(backupFolder, manifest, to, fresh, time, progress, cancel);
        }

        try
        {
            Prepare(backupFolder, fresh, time);
            using SqliteRows source = SqliteRows.Read(fresh);
            string of = manifest.Name;
            await using StoreTarget target = await StoreTarget.OpenAsync(to, new BucketOwner(EpochOf(source), of), time, cancel);
            return (await Task.Run(async () => await MoveStore.CopyAsync(source, new FileBlobStore(backupFolder), target, of, progress, cancel), cancel)).Damaged;
        }
        catch (NpgsqlException fault)
        {
            throw PostgresFault.ToUnavailable(fault);
        }
        finally
        {
            SqliteRestore.Delete(fresh);
        }
    }

    /// <summary>Reads everything in a backup and compares it with hashes and counts. Returns what is wrong; empty: it can be restored whole.</summary>
    /// <exception cref="StoreOpeningException">No whole backup, or one of a newer version.</exception>
    public static IReadOnlyList<string> Verify(string backupFolder, IProgress<WorkStep> progress, CancellationToken cancel)
    {
        BackupManifest manifest = Whole(backupFolder, progress, cancel);
        var problems = new List<string>();
        string database = Path.Combine(backupFolder, Backup.DatabaseName);
        try
        {
            VerifyBodies(backupFolder, manifest, problems, progress, cancel);
            VerifyRows(database, manifest, problems, progress, cancel);
        }
        catch (SqliteFault fault)
        {
            problems.Add($"the database cannot be read to its end: {fault.Message}");
        }

        return problems;
    }

    private static async ValueTask<IReadOnlyList<string>> IntoFileAsync(
        string backupFolder, BackupManifest manifest, StoreOptions to, string fresh, TimeProvider time, IProgress<WorkStep> progress, CancellationToken cancel)
    {
        using StoreLock storeLock = StoreLock.Take(to.DataFolder);
        string database = Path.Combine(to.DataFolder, SqliteStore.FileName);

        // A log that was left behind would be played into the restored database. It may hold the last changes of its own, so it is not for us to take away.
        if (SqliteRestore.FilesOf(database).FirstOrDefault(File.Exists) is { } there)
        {
            throw new StoreOpeningException(there == database
                ? $"{to.DataFolder} holds a store already. Move {SqliteStore.FileName}* and {Backup.BodiesName} away first: nothing is overwritten."
                : $"{there} is left of another store, and may hold its last changes. Move {SqliteStore.FileName}-* away to where its {SqliteStore.FileName} is, or delete them.");
        }

        IBlobStore? blobs = null;
        try
        {
            Prepare(backupFolder, fresh, time);
            CopiedBodies bodies;
            using (SqliteRows source = SqliteRows.Read(fresh))
            {
                blobs = to.Bodies is { } bucket
                    ? S3BlobStore.Open(to.DataFolder, bucket, new BucketOwner(EpochOf(source), manifest.Name))
                    : new FileBlobStore(to.DataFolder);
                bodies = await new BodyCopy(source, new FileBlobStore(backupFolder), blobs, progress).CopyExternalAsync(cancel);
            }

            File.Move(fresh, database);
            FolderSync.Sync(to.DataFolder);
            return bodies.Damaged;
        }
        finally
        {
            (blobs as IDisposable)?.Dispose();
        }
    }

    /// <summary>The database of the backup as it will be, beside its place.</summary>
    private static void Prepare(string backupFolder, string fresh, TimeProvider time)
    {
        try
        {
            SqliteRestore.Settle(Path.Combine(backupFolder, Backup.DatabaseName));

            // With the journal of a restore that was killed, which would be played into this one.
            SqliteRestore.Delete(fresh);
            File.Copy(Path.Combine(backupFolder, Backup.DatabaseName), fresh);
            BackupFile.BringUpToDate(fresh, time);
            SqliteRestore.BeginNewEpoch(fresh, time);
        }
        catch (SqliteFault fault)
        {
            throw new StoreOpeningException($"The database of the backup cannot be read: {fault.Message}. Take another backup.", fault);
        }
    }

    private static void VerifyRows(string database, BackupManifest manifest, List<string> problems, IProgress<WorkStep> progress, CancellationToken cancel)
    {
        if (manifest.Tables is not { } expected)
        {
            return;
        }

        using SqliteRows rows = SqliteRows.Read(database);
        Dictionary<string, BackupTable> found = BackupFile.Tables(rows, progress, cancel);
        foreach ((string name, BackupTable table) in expected)
        {
            if (!found.TryGetValue(name, out BackupTable? there))
            {
                problems.Add($"the table {name} is missing");
            }
            else if (there.Rows != table.Rows)
            {
                problems.Add($"the table {name} has {there.Rows} rows instead of {table.Rows}");
            }
            else if (there.Digest != table.Digest)
            {
                problems.Add($"the table {name} is damaged: its rows are not those that were written");
            }
        }
    }

    private static void VerifyBodies(string backupFolder, BackupManifest manifest, List<string> problems, IProgress<WorkStep> progress, CancellationToken cancel)
    {
        long done = 0, files = 0;
        foreach (StoredBody body in SqliteRestore.Bodies(Path.Combine(backupFolder, Backup.DatabaseName), problems))
        {
            cancel.ThrowIfCancellationRequested();
            if (Problem(backupFolder, body) is { } problem)
            {
                problems.Add($"body {body.Id} {problem}");
            }

            files += body.Inline is null ? 1 : 0;
            progress.Report(new WorkStep("Messages verified", ++done, null));
        }

        if (files != manifest.Bodies)
        {
            problems.Add($"the database names {files} large messages instead of {manifest.Bodies}");
        }
    }

    private static BackupManifest Whole(string folder, IProgress<WorkStep> progress, CancellationToken cancel)
    {
        BackupManifest manifest = BackupFile.ManifestOf(folder, progress, cancel)
            ?? throw new StoreOpeningException($"{folder} holds no whole backup ({BackupManifest.FileName} is missing or cannot be read).");
        return manifest.Format <= BackupManifest.NewestFormat && manifest.Schema <= SqliteSchema.Migrations.Length
            ? manifest
            : throw new StoreOpeningException($"{folder} was written by a newer Posthorn. Use that version to restore it.");
    }

    private static string EpochOf(SqliteRows rows) =>
        rows.Setting(StoreMark.Epoch) ?? throw new StoreOpeningException("The database of the backup is not whole: it has no epoch. Take another backup.");

    private static string? Problem(string folder, StoredBody body)
    {
        if (body.Inline is not null)
        {
            return BodyCopy.IsSound(body) ? null : "is damaged";
        }

        try
        {
            using FileStream file = File.OpenRead(FileBlobStore.PathIn(Path.Combine(folder, Backup.BodiesName), body.Id));
            return System.Security.Cryptography.SHA256.HashData(file).AsSpan().SequenceEqual(body.Hash) ? null : "is damaged";
        }
        catch (IOException failure)
        {
            return failure is FileNotFoundException or DirectoryNotFoundException ? "is missing" : "is damaged";
        }
    }
}
