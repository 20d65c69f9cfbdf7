using System.Text;
using Posthorn.Core.Bodies;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Storage;
using Posthorn.Standards.Mbox;

namespace Posthorn.Administration.Export;

/// <summary>One mbox file, or a folder with one for each mailbox ("Work/Plans" is Work/Plans.mbox).</summary>
internal sealed class MboxTarget(string path, bool single) : IExportTarget
{
    private const string Ending = ".mbox";

    /// <summary>Octets of a level in a file name; file systems allow 255 with all endings.</summary>
    private const int MaxLevelBytes = 200;

    private const int BufferSize = 256 * 1024;

    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);
    private FileStream? _file;
    private MboxWriter? _writer;

    public ValueTask<string?> BeginAsync(string mailbox, CancellationToken cancel) => OpenAsync(mailbox, 0, cancel);

    public ValueTask<string?> PassAsync(string mailbox, CancellationToken cancel) => ValueTask.FromResult(Renamed(mailbox, FileOf(mailbox)));

    public ValueTask<string?> ResumeAsync(string mailbox, ExportMark mark, CancellationToken cancel) => OpenAsync(mailbox, mark.Position, cancel);

    public async ValueTask<ExportMark> MarkAsync(CancellationToken cancel)
    {
        await _file!.FlushAsync(cancel);
        _file.Flush(flushToDisk: true);
        return new ExportMark("", _file.Position);
    }

    public async ValueTask<IReadOnlyList<string>> AddAsync(ExportedMail mail, Stream content, CancellationToken cancel)
    {
        await _writer!.WriteAsync(mail.Sender, mail.Received, mail.Flags, mail.Uidl, content, cancel);
        return [];
    }

    public async ValueTask FinishAsync(CancellationToken cancel)
    {
        await CloseAsync(cancel);
        if (!single)
        {
            foreach (string folder in Directory.EnumerateDirectories(path, "*", SearchOption.AllDirectories).Prepend(path))
            {
                FolderSync.Sync(folder);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_file is not null)
        {
            await _file.DisposeAsync();
        }
    }

    private async ValueTask<string?> OpenAsync(string mailbox, long from, CancellationToken cancel)
    {
        await CloseAsync(cancel);
        string name = FileOf(mailbox);
        PrivateFolder.Make(Path.GetDirectoryName(name)!);
        _file = new FileStream(name, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, BufferSize);
        _file.SetLength(from);
        _file.Position = from;
        _writer = new MboxWriter(_file);
        return Renamed(mailbox, name);
    }

    private string? Renamed(string mailbox, string file) => !single && Path.GetRelativePath(path, file) is var there && there != mailbox + Ending ? there : null;

    private async ValueTask CloseAsync(CancellationToken cancel)
    {
        if (_file is not null)
        {
            await _file.FlushAsync(cancel);
            _file.Flush(flushToDisk: true);
            await _file.DisposeAsync();
            _file = null;
        }
    }

    private string FileOf(string mailbox)
    {
        if (single)
        {
            return path;
        }

        string[] levels = [.. mailbox.Split(Mailbox.Separator).Select(Level)];
        string wanted = Path.Combine([path, .. levels[..^1].Select(Folder), levels[^1]]);
        string name = wanted;
        for (int number = 2; !_taken.Add(name); number++)
        {
            name = FormattableString.Invariant($"{wanted} ({number})");
        }

        return name + Ending;
    }

    /// <summary>Files end with ".mbox" and folders never do: "Work" and "Work.mbox/Plans" would want one name for both.</summary>
    private static string Folder(string level) => level.EndsWith(Ending, StringComparison.Ordinal) ? level + "_" : level;

    /// <summary>A level that leads nowhere else ("..") and is not hidden, cut to what a file name holds.</summary>
    private static string Level(string level)
    {
        string safe = level.StartsWith('.') ? "_" + level : level;
        while (Encoding.UTF8.GetByteCount(safe) > MaxLevelBytes)
        {
            safe = safe[..^(char.IsLowSurrogate(safe[^1]) ? 2 : 1)];
        }

        return safe;
    }
}
