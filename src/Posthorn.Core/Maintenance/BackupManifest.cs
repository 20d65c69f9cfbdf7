using System.Text.Json;
using System.Text.Json.Serialization;

namespace Posthorn.Core.Maintenance;

/// <summary>
/// What a backup folder says of itself, in <c>backup.json</c>: a folder without it is not a whole backup. It is written beside its name before the database is replaced, and gets the name
/// afterwards (<see cref="BackupFile.ManifestOf"/> reads a folder where that was cut off).
/// </summary>
/// <param name="Bodies">Large bodies, as files beside the database.</param>
/// <param name="Schema">Version of the database in it.</param>
/// <param name="Tables">Rows and digest of each table; null in backups of format 1.</param>
public sealed record BackupManifest(
    int Format, DateTimeOffset Taken, string Epoch, long Bodies, long BodyBytes, int Schema = 0, IReadOnlyDictionary<string, BackupTable>? Tables = null)
{
    public const string FileName = "backup.json";
    internal const string PreparedName = FileName + ".new";
    public const int NewestFormat = 2;

    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true };

    /// <summary>Which backup it is, among those of all stores.</summary>
    [JsonIgnore]
    internal string Name => FormattableString.Invariant($"{Epoch} {Taken:O}");

    /// <summary>Of the database that has taken its place. Null: there is none, or one that cannot be read.</summary>
    public static BackupManifest? Read(string folder) => ReadFile(Path.Combine(folder, FileName));

    /// <summary>Of a database that was about to take its place when the backup was cut off, or has taken it just before.</summary>
    internal static BackupManifest? ReadPrepared(string folder) => ReadFile(Path.Combine(folder, PreparedName));

    /// <summary>Writes it beside its name: it counts from the moment on in which the folder holds the database that it is of.</summary>
    internal void Prepare(string folder)
    {
        using FileStream file = File.Create(Path.Combine(folder, PreparedName));
        JsonSerializer.Serialize(file, this, Readable);
        file.Flush(flushToDisk: true);
        Core.Bodies.FolderSync.Sync(folder);
    }

    /// <summary>Gives the prepared one its name.</summary>
    internal static void Settle(string folder)
    {
        // The database first: a name that is on the disk before its database would be another one's.
        Core.Bodies.FolderSync.Sync(folder);
        File.Move(Path.Combine(folder, PreparedName), Path.Combine(folder, FileName), overwrite: true);
        Core.Bodies.FolderSync.Sync(folder);
    }

    private static BackupManifest? ReadFile(string path)
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<BackupManifest>(File.ReadAllText(path)) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <param name="Digest">SHA-256 over all rows in the order of their keys, in hexadecimal.</param>
public sealed record BackupTable(long Rows, string Digest);
