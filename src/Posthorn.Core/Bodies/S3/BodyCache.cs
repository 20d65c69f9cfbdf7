using System.Globalization;

namespace Posthorn.Core.Bodies.S3;

/// <summary>
/// Bodies on the local disk, verified when they were put there: what was just uploaded is read at once, and a client reads a large message in pieces. Bounded;
/// what was used longest ago goes first. Emptied at start: a machine that lost its power may have left half a file.
/// </summary>
internal sealed class BodyCache
{
    private const string PartSuffix = ".part";

    private readonly string _folder;
    private readonly long _maxBytes;
    private readonly Lock _trimming = new();
    private long _bytes;

    public BodyCache(string folder, long maxBytes)
    {
        (_folder, _maxBytes) = (folder, maxBytes);
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        Directory.CreateDirectory(folder);
    }

    /// <summary>A new file beside the cache, to be kept or deleted.</summary>
    public FileStream CreatePart() => new(
        Path.Combine(_folder, Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture) + PartSuffix), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read, 64 * 1024);

    /// <summary>Puts a verified part under its id. The part's stream must be closed.</summary>
    public void Keep(BodyId id, string part)
    {
        string path = PathOf(id);
        long size = new FileInfo(part).Length;
        File.Move(part, path, overwrite: true);
        if (Interlocked.Add(ref _bytes, size) > _maxBytes)
        {
            Trim();
        }
    }

    /// <summary>The same, and opens it. A body that has no room here has no file when this returns: the open stream outlives it.</summary>
    public Stream KeepOpen(BodyId id, string part)
    {
        FileStream stream = OpenFile(part);
        try
        {
            Keep(id, part);
            return stream;
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Null: it is not here. An open stream outlives the file.</summary>
    public Stream? Open(BodyId id)
    {
        try
        {
            FileStream stream = OpenFile(PathOf(id));
            File.SetLastAccessTimeUtc(stream.SafeFileHandle, DateTime.UtcNow);
            return stream;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    public void Forget(BodyId id)
    {
        var file = new FileInfo(PathOf(id));
        if (file.Exists)
        {
            Interlocked.Add(ref _bytes, -file.Length);
            file.Delete();
        }
    }

    private void Trim()
    {
        lock (_trimming)
        {
            // Counted anew: two uploads of one moment may both have been added.
            FileInfo[] files = [.. new DirectoryInfo(_folder).EnumerateFiles().Where(file => file.Extension != PartSuffix).OrderBy(file => file.LastAccessTimeUtc)];
            long held = files.Sum(file => file.Length);
            foreach (FileInfo file in files)
            {
                if (held <= _maxBytes / 10 * 8)
                {
                    break;
                }

                held -= file.Length;
                file.Delete();
            }

            Interlocked.Exchange(ref _bytes, held);
        }
    }

    private static FileStream OpenFile(string path) =>
        new(path, new FileStreamOptions { Access = FileAccess.Read, Share = FileShare.ReadWrite | FileShare.Delete, BufferSize = 0 });

    private string PathOf(BodyId id) => Path.Combine(_folder, id.ToString());
}
