using System.Security.Cryptography;
using Posthorn.Core.Bodies;
using Posthorn.Core.Storage;
using Posthorn.Core.Storage.Sqlite;

namespace Posthorn.Core.Maintenance;

/// <summary>
/// Puts a backup in the place of an empty data folder. The restored store begins a new epoch: new UIDVALIDITYs and modseqs far above all that were ever told, so
/// that no client takes an old number for a new message; POP3 ids stay (DESIGN: one account, one history).
/// </summary>
public static class Restore
{
    /// <param name="progress">Bodies copied.</param>
    /// <exception cref="StoreOpeningException">No whole backup, or the data folder is not free; nothing was changed.</exception>
    public static void Run(string backupFolder, string dataFolder, TimeProvider time, IProgress<long> progress, CancellationToken cancel)
    {
        Whole(backupFolder);
        Directory.CreateDirectory(dataFolder);
        using StoreLock storeLock = StoreLock.Take(dataFolder);
        string database = Path.Combine(dataFolder, SqliteStore.FileName);
        if (File.Exists(database))
        {
            throw new StoreOpeningException($"{dataFolder} holds a store already. Move {SqliteStore.FileName}* and {Backup.BodiesName} away first: nothing is overwritten.");
        }

        CopyBodies(Path.Combine(backupFolder, Backup.BodiesName), Path.Combine(dataFolder, Backup.BodiesName), progress, cancel);
        string fresh = database + ".restoring";
        File.Copy(Path.Combine(backupFolder, Backup.DatabaseName), fresh, overwrite: true);
        SqliteRestore.BeginNewEpoch(fresh, time);
        File.Move(fresh, database);
        FolderSync.Sync(dataFolder);
    }

    /// <summary>Reads everything in a backup and compares it with the hashes. Returns what is wrong; empty: it can be restored whole.</summary>
    public static IReadOnlyList<string> Verify(string backupFolder, IProgress<long> progress, CancellationToken cancel)
    {
        Whole(backupFolder);
        var problems = new List<string>();
        try
        {
            VerifyBodies(backupFolder, problems, progress, cancel);
        }
        catch (SqliteFault fault)
        {
            problems.Add($"the database cannot be read to its end: {fault.Message}");
        }

        return problems;
    }

    private static void VerifyBodies(string backupFolder, List<string> problems, IProgress<long> progress, CancellationToken cancel)
    {
        long done = 0;
        foreach (StoredBody body in SqliteRestore.Bodies(Path.Combine(backupFolder, Backup.DatabaseName), problems))
        {
            cancel.ThrowIfCancellationRequested();
            if (Problem(backupFolder, body) is { } problem)
            {
                problems.Add($"body {body.Id} {problem}");
            }

            progress.Report(++done);
        }
    }

    private static BackupManifest Whole(string folder)
    {
        BackupManifest manifest = Backup.ReadManifest(folder)
            ?? throw new StoreOpeningException($"{folder} holds no whole backup ({Backup.ManifestName} is missing or cannot be read).");
        return manifest.Format <= Backup.Format
            ? manifest
            : throw new StoreOpeningException($"{folder} was written by a newer Posthorn. Use that version to restore it.");
    }

    private static string? Problem(string folder, StoredBody body)
    {
        try
        {
            byte[] hash;
            if (body.Inline is { } kept)
            {
                hash = SHA256.HashData(body.Codec == BodyCodec.Zstd ? BodyCompression.Decompress(kept, (int)body.SizeBytes) : kept);
            }
            else
            {
                using FileStream file = File.OpenRead(FileBlobStore.PathIn(Path.Combine(folder, Backup.BodiesName), body.Id));
                hash = SHA256.HashData(file);
            }

            return hash.AsSpan().SequenceEqual(body.Hash) ? null : "is damaged";
        }
        catch (Exception failure) when (failure is IOException or InvalidDataException or ZstdSharp.ZstdException)
        {
            return failure is FileNotFoundException or DirectoryNotFoundException ? "is missing" : "is damaged";
        }
    }

    private static void CopyBodies(string from, string to, IProgress<long> progress, CancellationToken cancel)
    {
        if (!Directory.Exists(from))
        {
            return;
        }

        long done = 0;
        foreach (string folder in Directory.EnumerateDirectories(from))
        {
            string target = Path.Combine(to, Path.GetFileName(folder));
            Directory.CreateDirectory(target);
            foreach (string file in Directory.EnumerateFiles(folder).Where(file => !file.EndsWith(".part", StringComparison.Ordinal)))
            {
                cancel.ThrowIfCancellationRequested();
                string copy = Path.Combine(target, Path.GetFileName(file));
                File.Copy(file, copy, overwrite: true);
                using (var written = new FileStream(copy, FileMode.Open, FileAccess.ReadWrite))
                {
                    written.Flush(flushToDisk: true);
                }

                progress.Report(++done);
            }

            FolderSync.Sync(target);
        }

        FolderSync.Sync(to);
    }
}
