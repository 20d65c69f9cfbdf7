using Posthorn.Core.Bodies;
using Posthorn.Core.Storage;
using Posthorn.Standards.Maildir;

namespace Posthorn.Administration.Export;

/// <summary>A Maildir++ tree. Its folders are synced once, at the end: nobody sees the tree before.</summary>
internal sealed class MaildirTarget : IExportTarget
{
    private readonly HashSet<string> _folders = new(StringComparer.Ordinal);
    private readonly MaildirWriter _writer;
    private string _mailbox = "";

    public MaildirTarget(string path, TimeProvider time)
    {
        // What the writer makes in it is hidden by it.
        PrivateFolder.Make(path);
        _writer = new MaildirWriter(path, time, folder => _folders.Add(folder));
    }

    public async ValueTask<string?> BeginAsync(string mailbox, CancellationToken cancel)
    {
        _mailbox = mailbox;
        string name = await _writer.CreateFolderAsync(mailbox, cancel);
        return name == mailbox ? null : name;
    }

    public async ValueTask<IReadOnlyList<string>> AddAsync(ExportedMail mail, Stream content, CancellationToken cancel) =>
        (await _writer.WriteAsync(_mailbox, content, mail.Flags, mail.Uidl, mail.Received, cancel)).LostFlags;

    public ValueTask FinishAsync(CancellationToken cancel)
    {
        foreach (string folder in _folders)
        {
            FolderSync.Sync(folder);
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
