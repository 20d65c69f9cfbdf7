using System.Text;
using Posthorn.Core;
using Posthorn.Core.Mailboxes;
using Posthorn.Standards.Maildir;

namespace Posthorn.Administration.Import;

/// <summary>Imports a tree of Maildir folders. Each folder has its own position: the unique name of the last message taken.</summary>
internal sealed class MaildirImport(ImportRun run, ImportRequest request)
{
    private static readonly string[] Parts = ["cur", "new"];

    // With a separator at its end or without it is one source.
    private readonly string _root = Path.TrimEndingDirectorySeparator(request.Path);

    private long _done;
    private long _total;

    /// <returns>Null: done.</returns>
    public async ValueTask<Refusal?> RunAsync(CancellationToken cancel)
    {
        if (!Directory.Exists(request.Path))
        {
            return new Refusal.Invalid(File.Exists(request.Path)
                ? $"{request.Path} is a file. For an mbox file: posthorn import mbox"
                : $"There is no folder {request.Path} that the server can see.");
        }

        IReadOnlyList<MaildirFolder> folders = new MaildirReader(_root).Folders();
        if (folders.Count == 0)
        {
            return new Refusal.Invalid($"{request.Path} is no Maildir: neither it nor a folder in it has \"cur\" or \"new\".");
        }

        _total = folders.Sum(Count);
        foreach (MaildirFolder folder in folders)
        {
            Result<Mailbox> opened = await run.OpenAsync(Target(folder.Name), cancel);
            if (!opened.TryGet(out Mailbox? mailbox, out Refusal? refusal))
            {
                run.LeaveOut($"folder {folder.Path}", refusal.Text, Count(folder));
            }
            else if (await ReadAsync(folder, mailbox, cancel) is { } stopped)
            {
                return stopped;
            }
        }

        return null;
    }

    private async ValueTask<Refusal?> ReadAsync(MaildirFolder folder, Mailbox mailbox, CancellationToken cancel)
    {
        string source = $"maildir {folder.Path}";
        string after = await run.PositionAsync(mailbox, source, cancel);
        if (after.Length == 0 && folder.Path == _root)
        {
            // A run of before may have marked the root with a separator.
            after = await run.PositionAsync(mailbox, source + Path.DirectorySeparatorChar, cancel);
        }

        string last = after;
        await foreach (MaildirMessage message in MaildirReader.MessagesAsync(folder, null, cancel))
        {
            run.Progress.Report(new WorkProgress("Messages", _done++, _total));
            if (string.CompareOrdinal(message.UniqueName, after) <= 0)
            {
                continue;
            }

            // Two files may bear one name (in cur and in new): they go in one batch, as the position cannot stand between them.
            if (run.IsFull && message.UniqueName != last && await run.CommitAsync(mailbox, source, last, cancel) is { } refusal)
            {
                return refusal;
            }

            await AddAsync(message, cancel);
            last = message.UniqueName;
        }

        return last == after ? null : await run.CommitAsync(mailbox, source, last, cancel);
    }

    private async ValueTask AddAsync(MaildirMessage message, CancellationToken cancel)
    {
        Stream content;
        try
        {
            content = message.Open();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            run.LeaveOut(message.Path, $"cannot be read: {failure.Message}");
            return;
        }

        await using (content)
        {
            await run.AddAsync(message.Path, content, message.Flags, message.Uidl, message.Received, null, cancel);
        }
    }

    /// <summary>The mailbox of a folder; characters that mailboxes cannot have become '_'.</summary>
    private string Target(string folder)
    {
        string name = string.Join(Mailbox.Separator, folder.Split(Mailbox.Separator).Select(Level));
        return request.Mailbox is not { } top ? name : folder == Mailbox.Inbox ? top : $"{top.TrimEnd(Mailbox.Separator)}{Mailbox.Separator}{name}";
    }

    private static string Level(string level)
    {
        var text = new StringBuilder(level.Length == 0 ? "_" : level);
        for (int i = 0; i < text.Length; i++)
        {
            if (MailboxName.Objection(text[i].ToString()) is not null && !char.IsSurrogate(text[i]))
            {
                text[i] = '_';
            }
        }

        return text.ToString();
    }

    private static long Count(MaildirFolder folder) => Parts.Select(part => Path.Combine(folder.Path, part)).Where(Directory.Exists)
        .Sum(place => Directory.EnumerateFiles(place).LongCount());
}
