using Posthorn.Core.Bodies;
using Posthorn.Core.Storage;
using Posthorn.Standards.Maildir;

namespace Posthorn.Administration.Export;

/// <summary>A Maildir++ tree. Its folders are synced at marks and at the end: nobody sees the tree before.</summary>
internal sealed class MaildirTarget : IExportTarget
{
    private readonly HashSet<string> _folders = new(StringComparer.Ordinal);
    private readonly MaildirWriter _writer;
    private string _mailbox = "";

    /// <param name="mark">Where an earlier run came to, which this one goes on from; null: there is none.</param>
    public MaildirTarget(string path, ExportMark? mark, TimeProvider time)
    {
        // What the writer makes in it is hidden by it.
        PrivateFolder.Make(path);
        _writer = new MaildirWriter(path, time, folder => _folders.Add(folder), mark?.Series, mark?.Position ?? 0);
    }

    public async ValueTask<string?> BeginAsync(string mailbox, CancellationToken cancel)
    {
        string? name = await PassAsync(mailbox, cancel);
        await _writer.DiscardAsync(mailbox, cancel);
        return name;
    }

    public async ValueTask<string?> PassAsync(string mailbox, CancellationToken cancel)
    {
        _mailbox = mailbox;
        string name = await _writer.CreateFolderAsync(mailbox, cancel);
        return name == mailbox ? null : name;
    }

    public ValueTask<string?> ResumeAsync(string mailbox, ExportMark mark, CancellationToken cancel) => BeginAsync(mailbox, cancel);

    public ValueTask<ExportMark> MarkAsync(CancellationToken cancel)
    {
        Sync();
        return ValueTask.FromResult(new ExportMark(_writer.Series, _writer.Count));
    }

    public async ValueTask<IReadOnlyList<string>> AddAsync(ExportedMail mail, Stream content, CancellationToken cancel) =>
        (await _writer.WriteAsync(_mailbox, content, mail.Flags, mail.Uidl, mail.Received, cancel)).LostFlags;

    public ValueTask FinishAsync(CancellationToken cancel)
    {
        Sync();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Sync()
    {
        foreach (string folder in _folders)
        {
            FolderSync.Sync(folder);
        }

        _folders.Clear();
    }
}
