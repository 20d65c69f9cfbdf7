using System.Text.Json;
using System.Text.Json.Serialization;

namespace Posthorn.Core.Maintenance;

/// <summary>What a backup folder says of itself, in <c>backup.json</c>: written last, so a folder without it is not a whole backup.</summary>
/// <param name="Bodies">Large bodies, as files beside the database.</param>
/// <param name="Schema">Version of the database in it.</param>
/// <param name="Tables">Rows and digest of each table; null in backups of format 1.</param>
public sealed record BackupManifest(
    int Format, DateTimeOffset Taken, string Epoch, long Bodies, long BodyBytes, int Schema = 0, IReadOnlyDictionary<string, BackupTable>? Tables = null)
{
    public const string FileName = "backup.json";
    public const int NewestFormat = 2;

    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true };

    /// <summary>Which backup it is, among those of all stores.</summary>
    [JsonIgnore]
    internal string Name => FormattableString.Invariant($"{Epoch} {Taken:O}");

    /// <summary>Null when the folder holds no whole backup.</summary>
    public static BackupManifest? Read(string folder)
    {
        string path = Path.Combine(folder, FileName);
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<BackupManifest>(File.ReadAllText(path)) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    internal void Write(string folder)
    {
        string path = Path.Combine(folder, FileName), fresh = path + ".new";
        using (FileStream file = File.Create(fresh))
        {
            JsonSerializer.Serialize(file, this, Readable);
            file.Flush(flushToDisk: true);
        }

        File.Move(fresh, path, overwrite: true);
        Core.Bodies.FolderSync.Sync(folder);
    }
}

/// <param name="Digest">SHA-256 over all rows in the order of their keys, in hexadecimal.</param>
public sealed record BackupTable(long Rows, string Digest);
