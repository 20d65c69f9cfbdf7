using System.Text;
using Posthorn.Core;
using Posthorn.Core.Bodies;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;

namespace Posthorn.Administration.Export;

/// <summary>
/// One export: page by page, in UID order, into a place beside the target that gets the target's name at the end. So the target is whole or not there; what an
/// export that was killed left beside it is taken away by the next.
/// </summary>
internal sealed class ExportRun(OperationContext context, AccountId account, ExportRequest request)
{
    /// <summary>Keywords named in the report.</summary>
    private const int LostFlagsListed = 20;

    private readonly Messages _messages = context.Services.GetRequiredService<Messages>();
    private readonly Mailboxes _mailboxes = context.Services.GetRequiredService<Mailboxes>();
    private readonly List<string> _lost = [];
    private readonly List<RenamedMailbox> _renamed = [];
    private long _exported;
    private long _missing;
    private long _total;

    private static ReadOnlySpan<byte> ReturnPath => "Return-Path: <"u8;

    public async ValueTask<Result<ExportReport>> RunAsync(Func<string, IExportTarget> open, CancellationToken cancel)
    {
        if (!(await MailboxesAsync(cancel)).TryGet(out IReadOnlyList<Mailbox>? mailboxes, out Refusal? refusal))
        {
            return refusal;
        }

        if (File.Exists(request.Path) || (Directory.Exists(request.Path) && Directory.EnumerateFileSystemEntries(request.Path).Any()))
        {
            return new Refusal.Invalid($"{request.Path} is there already, and nothing is overwritten. Name a new file or folder.");
        }

        string part = request.Path + ".posthorn-export";
        Remove(part);
        try
        {
            await WriteAsync(open(part), mailboxes, cancel);
            Rename(part);
        }
        finally
        {
            Remove(part);
        }

        return new ExportReport(request.Path, _exported, _missing, [.. mailboxes.Select(mailbox => mailbox.Name)], _lost, _renamed);
    }

    private async ValueTask<Result<IReadOnlyList<Mailbox>>> MailboxesAsync(CancellationToken cancel)
    {
        if (request.Mailbox is { } name)
        {
            return (await _mailboxes.FindAsync(context.Actor, account, name, cancel)).Map<IReadOnlyList<Mailbox>>(mailbox => [mailbox]);
        }

        return (await _mailboxes.ListAsync(context.Actor, account, cancel)).Map<IReadOnlyList<Mailbox>>(all => [.. all.Where(mailbox => !mailbox.IsContainer)]);
    }

    private async ValueTask WriteAsync(IExportTarget target, IReadOnlyList<Mailbox> mailboxes, CancellationToken cancel)
    {
        _total = mailboxes.Sum(mailbox => (long)mailbox.Messages);
        await using (target)
        {
            foreach (Mailbox mailbox in mailboxes)
            {
                if (await target.BeginAsync(mailbox.Name, cancel) is { } name)
                {
                    _renamed.Add(new RenamedMailbox(mailbox.Name, name));
                }

                await WriteMailboxAsync(target, mailbox, cancel);
            }

            await target.FinishAsync(cancel);
        }
    }

    private async ValueTask WriteMailboxAsync(IExportTarget target, Mailbox mailbox, CancellationToken cancel)
    {
        uint after = 0;
        while (after < uint.MaxValue)
        {
            // Keywords may have been named since the last page.
            Mailbox now = (await _mailboxes.GetAsync(context.Actor, account, mailbox.Id, cancel)) is { IsOk: true } found ? found.Value : mailbox;
            IReadOnlyList<Message> page = (await _messages.ReadAsync(
                context.Actor, account, mailbox.Id, UidSet.Of(after + 1, uint.MaxValue), MessageFields.Content, cancel)).Value;
            MessageContents contents = _messages.Contents(context.Actor, account, page);
            foreach (Message message in page)
            {
                await WriteMessageAsync(target, now, message, contents, cancel);
            }

            if (page.Count == 0)
            {
                return;
            }

            after = page[^1].Uid;
        }
    }

    private async ValueTask WriteMessageAsync(IExportTarget target, Mailbox mailbox, Message message, MessageContents contents, CancellationToken cancel)
    {
        await using MessageContent? content = await contents.OpenAsync(message, cancel);
        if (content is null)
        {
            _missing++;
            return;
        }

        var mail = new ExportedMail(Sender(message.Prefix), message.InternalDate, Flags(mailbox, message.Flags), message.Uidl);
        foreach (string lost in await target.AddAsync(mail, content.OpenRead(), cancel))
        {
            string named = $"{lost} in {mailbox.Name}";
            if (_lost.Count < LostFlagsListed && !_lost.Contains(named))
            {
                _lost.Add(named);
            }
        }

        context.Progress.Report(new WorkProgress("Messages", ++_exported, Math.Max(_total, _exported)));
    }

    private void Rename(string part)
    {
        if (File.Exists(part))
        {
            File.Move(part, request.Path);
        }
        else
        {
            // An empty folder may stand where the new one goes.
            if (Directory.Exists(request.Path))
            {
                Directory.Delete(request.Path);
            }

            Directory.Move(part, request.Path);
        }

        FolderSync.Sync(Path.GetDirectoryName(request.Path)!);
    }

    private static void Remove(string part)
    {
        File.Delete(part);
        if (Directory.Exists(part))
        {
            Directory.Delete(part, recursive: true);
        }
    }

    /// <summary>What delivery wrote before the message; mail that was appended has none.</summary>
    private static string Sender(byte[]? prefix)
    {
        ReadOnlySpan<byte> line = prefix;
        if (!line.StartsWith(ReturnPath))
        {
            return "";
        }

        line = line[ReturnPath.Length..];
        return line.IndexOf((byte)'>') is var end and > 0 ? Encoding.UTF8.GetString(line[..end]) : "";
    }

    private static List<string> Flags(Mailbox mailbox, MessageFlags flags)
    {
        var names = new List<string>();
        foreach (MessageFlags flag in (MessageFlags[])[MessageFlags.Seen, MessageFlags.Answered, MessageFlags.Flagged, MessageFlags.Deleted, MessageFlags.Draft])
        {
            if (flags.HasFlag(flag))
            {
                names.Add($@"\{flag}");
            }
        }

        names.AddRange(mailbox.Keywords.Where((_, position) => flags.HasFlag(KeywordBits.Of(position))));
        return names;
    }
}
