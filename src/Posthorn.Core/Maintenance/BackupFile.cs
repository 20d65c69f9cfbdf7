using Posthorn.Core.Storage;
using Posthorn.Core.Storage.Copying;
using Posthorn.Core.Storage.Sqlite;

namespace Posthorn.Core.Maintenance;

/// <summary>The database in a backup folder: one file without a log beside it, so that the folder can be copied.</summary>
internal static class BackupFile
{
    /// <summary>An empty one, with this program's schema.</summary>
    public static void Make(string path, TimeProvider time) => BringUpToDate(path, time);

    /// <summary>Brings one of an older version to this program's schema.</summary>
    /// <exception cref="StoreOpeningException">It is of a newer version, or none.</exception>
    public static void BringUpToDate(string path, TimeProvider time)
    {
        using SqliteConnection connection = SqliteConnection.Open(path, readOnly: false);
        SqliteMigrations.Run(connection, path, time, opensIncomplete: true, setsAside: false);
        connection.Execute("PRAGMA journal_mode=DELETE");
    }

    /// <summary>Counts and digests of what is in it.</summary>
    public static BackupManifest Describe(SqliteRows rows, DateTimeOffset taken, string epoch, IProgress<WorkStep> progress, CancellationToken cancel)
    {
        long bodies = 0, bytes = 0;
        foreach (Bodies.StoredBody body in rows.ExternalBodies())
        {
            (bodies, bytes) = (bodies + 1, bytes + body.SizeBytes);
        }

        return new BackupManifest(BackupManifest.NewestFormat, taken, epoch, bodies, bytes, SqliteSchema.Migrations.Length, Tables(rows, progress, cancel));
    }

    /// <summary>What the folder says of the database that it holds; null: it holds no whole backup.</summary>
    public static BackupManifest? ManifestOf(string folder, IProgress<WorkStep> progress, CancellationToken cancel) =>
        PreparedOf(folder, progress, cancel) ?? BackupManifest.Read(folder);

    /// <summary>What a run that was cut off left beside its name, if it is of the database that the folder holds: the rows themselves tell whether the commit was before that or after.</summary>
    public static BackupManifest? PreparedOf(string folder, IProgress<WorkStep> progress, CancellationToken cancel)
    {
        string path = Path.Combine(folder, Backup.DatabaseName);
        if (BackupManifest.ReadPrepared(folder) is not { Tables: { } expected } prepared || !File.Exists(path))
        {
            return null;
        }

        SqliteRestore.Settle(path);
        try
        {
            using SqliteRows rows = SqliteRows.Read(path);
            Dictionary<string, BackupTable> found = Tables(rows, progress, cancel);
            return expected.All(table => found.TryGetValue(table.Key, out BackupTable? there) && there == table.Value) ? prepared : null;
        }
        catch (SqliteFault)
        {
            // What is wrong with the database is said when it is used.
            return null;
        }
    }

    public static Dictionary<string, BackupTable> Tables(SqliteRows rows, IProgress<WorkStep> progress, CancellationToken cancel)
    {
        const int Between = 5_000;
        var counts = rows.Tables.ToDictionary(static table => table.Name, rows.Count);
        long done = 0, total = counts.Values.Sum();
        return rows.Tables.ToDictionary(static table => table.Name, table => new BackupTable(counts[table.Name], Convert.ToHexStringLower(RowCopy.Digest(rows, table, () =>
        {
            if (++done % Between == 0)
            {
                cancel.ThrowIfCancellationRequested();
                progress.Report(new WorkStep("Rows verified", done, total));
            }
        }))));
    }
}
