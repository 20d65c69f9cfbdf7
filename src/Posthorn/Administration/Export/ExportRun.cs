using System.Security.Cryptography;
using System.Text;
using Posthorn.Core;
using Posthorn.Core.Bodies;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Core.Storage;

namespace Posthorn.Administration.Export;

/// <summary>
/// One export: page by page, in UID order, into a place beside the target that gets the target's name at the end. So the target is whole or not there. After each page it is
/// written down how far that is, and the same export goes on from there when it was stopped or killed.
/// </summary>
internal sealed class ExportRun(OperationContext context, AccountId account, ExportRequest request)
{
    private const string PartEnding = ".posthorn-export";

    /// <summary>Keywords named in the report.</summary>
    private const int LostFlagsListed = 20;

    private readonly Messages _messages = context.Services.GetRequiredService<Messages>();
    private readonly Mailboxes _mailboxes = context.Services.GetRequiredService<Mailboxes>();
    private readonly List<RenamedMailbox> _renamed = [];
    private readonly string _part = request.Path + PartEnding;
    private readonly string _stateFile = request.Path + PartEnding + ".json";
    private ExportState _state = new("");
    private long _total;

    private static ReadOnlySpan<byte> ReturnPath => "Return-Path: <"u8;

    /// <param name="format">Names it among exports.</param>
    /// <param name="open">The target at a path, at the mark of an earlier run where there is one.</param>
    /// <param name="cancel">Leaves what the next run goes on from.</param>
    public async ValueTask<Result<ExportReport>> RunAsync(string format, Func<string, ExportMark?, IExportTarget> open, CancellationToken cancel)
    {
        if (!(await MailboxesAsync(cancel)).TryGet(out IReadOnlyList<Mailbox>? mailboxes, out Refusal? refusal))
        {
            return refusal;
        }

        if (File.Exists(request.Path) || (Directory.Exists(request.Path) && Directory.EnumerateFileSystemEntries(request.Path).Any()))
        {
            return new Refusal.Invalid($"{request.Path} is there already, and nothing is overwritten. Name a new file or folder.");
        }

        using FileStream? alone = Alone();
        if (alone is null)
        {
            return new Refusal.Invalid($"Another export to {request.Path} is under way.");
        }

        bool resumes = Resume($"{format} {account.Value} {request.Mailbox} {Digest(mailboxes)}");
        long before = _state.Exported;
        await WriteAsync(open(_part, _state.Mark), mailboxes, cancel);
        File.Delete(_stateFile);
        Rename(_part);
        return new ExportReport(request.Path, _state.Exported, _state.Missing, [.. mailboxes.Select(mailbox => mailbox.Name)], _state.LostFlags, _renamed, resumes ? before : null);
    }

    /// <summary>Null: somebody else is at it.</summary>
    private FileStream? Alone()
    {
        PrivateFolder.Make(Path.GetDirectoryName(request.Path)!);
        string path = _part + ".lock";
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (IOException) when (File.Exists(path))
        {
            return null;
        }
    }

    /// <summary>Of what would be written, in its order: a mailbox that came, went, or has another name or a new life since then changes the names of files.</summary>
    private static string Digest(IReadOnlyList<Mailbox> mailboxes) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
        string.Join('\n', mailboxes.Select(static mailbox => $"{mailbox.Id} {mailbox.UidValidity} {mailbox.Name}")))));

    /// <summary>Takes up what an earlier run of this export left, or takes it away.</summary>
    private bool Resume(string what)
    {
        if (!request.Restart && ExportState.Read(_stateFile) is { } found && found.What == what && (File.Exists(_part) || Directory.Exists(_part)))
        {
            _state = found;
            return true;
        }

        File.Delete(_stateFile);
        Remove(_part);
        _state = new ExportState(what);
        return false;
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
            (int first, ExportMark? mark) = (_state.Done, _state.Mark);
            for (int at = 0; at < mailboxes.Count; at++)
            {
                string name = mailboxes[at].Name;
                if (at < first)
                {
                    Name(name, await target.PassAsync(name, cancel));
                    continue;
                }

                bool isBegun = at == first && mark is not null;
                Name(name, isBegun ? await target.ResumeAsync(name, mark!, cancel) : await target.BeginAsync(name, cancel));
                await WriteMailboxAsync(target, mailboxes[at], isBegun ? _state.Uid : 0, cancel);
                _state = _state with { Done = at + 1 };
            }

            await target.FinishAsync(cancel);
        }
    }

    private void Name(string mailbox, string? there)
    {
        if (there is not null)
        {
            _renamed.Add(new RenamedMailbox(mailbox, there));
        }
    }

    private async ValueTask WriteMailboxAsync(IExportTarget target, Mailbox mailbox, uint after, CancellationToken cancel)
    {
        while (after < uint.MaxValue)
        {
            // Keywords may have been named since the last page.
            Mailbox now = (await _mailboxes.GetAsync(context.Actor, account, mailbox.Id, cancel)) is { IsOk: true } found ? found.Value : mailbox;
            IReadOnlyList<Message> page = (await _messages.ReadAsync(
                context.Actor, account, mailbox.Id, UidSet.Of(after + 1, uint.MaxValue), MessageFields.Content, cancel)).Value;
            if (page.Count == 0)
            {
                return;
            }

            MessageContents contents = _messages.Contents(context.Actor, account, page);
            foreach (Message message in page)
            {
                await WriteMessageAsync(target, now, message, contents, cancel);
            }

            after = page[^1].Uid;
            _state = _state with { Uid = after, Mark = await target.MarkAsync(cancel) };
            _state.Write(_stateFile);
        }
    }

    private async ValueTask WriteMessageAsync(IExportTarget target, Mailbox mailbox, Message message, MessageContents contents, CancellationToken cancel)
    {
        await using MessageContent? content = await contents.OpenAsync(message, cancel);
        if (content is null)
        {
            _state = _state with { Missing = _state.Missing + 1 };
            return;
        }

        var mail = new ExportedMail(Sender(message.Prefix), message.InternalDate, Flags(mailbox, message.Flags), message.Uidl);
        foreach (string lost in await target.AddAsync(mail, content.OpenRead(), cancel))
        {
            string named = $"{lost} in {mailbox.Name}";
            if (_state.LostFlags.Count < LostFlagsListed && !_state.LostFlags.Contains(named))
            {
                _state.LostFlags.Add(named);
            }
        }

        _state = _state with { Exported = _state.Exported + 1 };
        context.Progress.Report(new WorkProgress("Messages", _state.Exported, Math.Max(_total, _state.Exported)));
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
