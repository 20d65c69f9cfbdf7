using System.Globalization;
using System.Runtime.CompilerServices;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Bodies;

/// <summary>Bodies as files: <c>bodies/ab/ab…</c> by the last two digits of the id, written beside their place, synced, renamed, and the folder synced.</summary>
internal sealed class FileBlobStore : IBlobStore
{
    private const string PartSuffix = ".part";

    private readonly string _folder;

    public FileBlobStore(string dataFolder)
    {
        _folder = Path.Combine(dataFolder, "bodies");
        PrivateFolder.Make(_folder);
    }

    public ValueTask<BlobUpload> CreateAsync(BodyId id, CancellationToken cancel)
    {
        string path = PathOf(id);
        try
        {
            string folder = Path.GetDirectoryName(path)!;
            if (!Directory.Exists(folder))
            {
                PrivateFolder.Make(folder);
                FolderSync.Sync(_folder);
            }

            return ValueTask.FromResult<BlobUpload>(new Upload(path));
        }
        catch (IOException failure)
        {
            throw Unavailable(failure);
        }
    }

    public ValueTask<Stream?> OpenAsync(StoredBody body, CancellationToken cancel)
    {
        try
        {
            // Whoever deletes the file meanwhile does not disturb an open one.
            var options = new FileStreamOptions { Access = FileAccess.Read, Share = FileShare.ReadWrite | FileShare.Delete, BufferSize = 0 };
            return ValueTask.FromResult<Stream?>(new FileStream(PathOf(body.Id), options));
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            return ValueTask.FromResult<Stream?>(null);
        }
        catch (IOException failure)
        {
            throw Unavailable(failure);
        }
    }

    public ValueTask DeleteAsync(BodyId id, CancellationToken cancel)
    {
        string path = PathOf(id);
        if (File.Exists(path))
        {
            File.Delete(path);
        }

        return DeletePartAsync(id, cancel);
    }

    public ValueTask DeletePartAsync(BodyId id, CancellationToken cancel)
    {
        string part = PathOf(id) + PartSuffix;
        if (File.Exists(part))
        {
            File.Delete(part);
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlySet<BodyId>> PresentAsync(CancellationToken cancel)
    {
        var present = new HashSet<BodyId>();
        foreach (FileInfo file in Files())
        {
            if (Guid.TryParseExact(file.Name, "N", out Guid id))
            {
                present.Add(new BodyId(id));
            }
        }

        return ValueTask.FromResult<IReadOnlySet<BodyId>>(present);
    }

    public async IAsyncEnumerable<ListedBody> ListAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        foreach (FileInfo file in Files())
        {
            cancel.ThrowIfCancellationRequested();
            // One that is gone, such as a part that became a body since the folder was read, has no time: it would be as old as can be.
            if (Guid.TryParseExact(Path.GetFileNameWithoutExtension(file.Name), "N", out Guid id) && file.Exists)
            {
                yield return new ListedBody(new BodyId(id), new DateTimeOffset(file.LastWriteTimeUtc, TimeSpan.Zero), file.Extension == PartSuffix);
            }
        }

        await Task.CompletedTask;
    }

    /// <summary>Where a body lies below a folder of bodies. The first digits of a version 7 id are the time: the last ones spread.</summary>
    internal static string PathIn(string folder, BodyId id)
    {
        string name = id.Value.ToString("N", CultureInfo.InvariantCulture);
        return Path.Combine(folder, name[^2..], name);
    }

    private string PathOf(BodyId id) => PathIn(_folder, id);

    /// <summary>Those in folders of bodies. What else lies there is not ours, such as <c>lost+found</c>, which only root may enter.</summary>
    private IEnumerable<FileInfo> Files() => new DirectoryInfo(_folder).EnumerateDirectories()
        .Where(static folder => folder.Name is [var first, var second] && char.IsAsciiHexDigitLower(first) && char.IsAsciiHexDigitLower(second))
        .SelectMany(static folder => folder.EnumerateFiles());

    private static StoreUnavailableException Unavailable(IOException failure)
    {
        // ENOSPC and EDQUOT, as .NET hands them through on Linux.
        bool isFull = (failure.HResult & 0xFFFF) is 28 or 122;
        return new StoreUnavailableException(isFull ? "The disk of the store is full." : $"A body cannot be read or written: {failure.Message}", isFull, failure);
    }

    private sealed class Upload : BlobUpload
    {
        private const int BufferBytes = 64 * 1024;

        private readonly string _path;
        private readonly FileStream _file;
        private bool _isComplete;

        public Upload(string path)
        {
            _path = path;
            _file = new FileStream(path + PartSuffix, FileMode.Create, FileAccess.Write, FileShare.None, BufferBytes);
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> octets, CancellationToken cancel)
        {
            try
            {
                await _file.WriteAsync(octets, cancel);
            }
            catch (IOException failure)
            {
                throw Unavailable(failure);
            }
        }

        public override async ValueTask CompleteAsync(CancellationToken cancel)
        {
            try
            {
                await _file.FlushAsync(cancel);
                _file.Flush(flushToDisk: true);
                await _file.DisposeAsync();
                File.Move(_path + PartSuffix, _path);
                FolderSync.Sync(Path.GetDirectoryName(_path)!);
                _isComplete = true;
            }
            catch (IOException failure)
            {
                throw Unavailable(failure);
            }
        }

        public override async ValueTask DisposeAsync()
        {
            if (_isComplete)
            {
                return;
            }

            try
            {
                await _file.DisposeAsync();
            }
            catch (IOException)
            {
                // The disk is full: what could not be written is not wanted any more.
            }

            File.Delete(_path + PartSuffix);
        }
    }
}
