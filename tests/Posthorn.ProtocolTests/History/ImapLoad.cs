using System.Globalization;
using System.Text.RegularExpressions;

namespace Posthorn.ProtocolTests.History;

/// <summary>An IMAP client that appends, stores, copies, moves and expunges in mailboxes that others use at the same time. One keyword is its own.</summary>
internal sealed partial class ImapLoad(LineTalk talk, HistoryLog log, Random random, string name, string keyword)
{
    private const int NewestSeen = 40;

    private readonly List<StoredMessage> _seen = [];
    private string _mailbox = "";
    private uint _validity;
    private int _count;
    private int _sent;

    public static async Task<LineTalk> SignInAsync(int port, string user, string password, CancellationToken cancel)
    {
        LineTalk talk = await LineTalk.ConnectAsync(port, cancel);
        string answer = (await talk.ImapAsync($"LOGIN {user} {password}", cancel))[^1];
        return answer.StartsWith("OK", StringComparison.Ordinal) ? talk : throw new IOException($"LOGIN: {answer}");
    }

    public async Task RunAsync(CancellationToken cancel)
    {
        await SelectAsync(cancel);
        while (!log.IsOver)
        {
            await (random.Next(9) switch
            {
                0 => SelectAsync(cancel),
                1 => LookAsync(cancel),
                2 or 3 => AppendAsync(cancel),
                4 or 5 => StoreAsync(cancel),
                6 => TransferAsync(move: true, cancel),
                7 => TransferAsync(move: random.Next(4) != 0, cancel),
                _ => ExpungeAsync(cancel),
            });
        }
    }

    private async Task SelectAsync(CancellationToken cancel)
    {
        _mailbox = MailboxSet.Yours[random.Next(MailboxSet.Yours.Count)];
        foreach (string line in await talk.ImapAsync($"SELECT {_mailbox}", cancel))
        {
            if (UidValidity().Match(line) is { Success: true } validity)
            {
                _validity = Number(validity.Groups[1].Value);
            }

            Note(line);
        }

        await LookAsync(cancel);
    }

    private async Task LookAsync(CancellationToken cancel)
    {
        IReadOnlyList<string> lines = _count == 0 ? await AskAsync("NOOP", cancel) : await AskAsync($"FETCH {Math.Max(1, _count - NewestSeen)}:* (UID FLAGS ENVELOPE)", cancel);
        _seen.Clear();
        foreach (string line in lines)
        {
            if (FetchedMessage.Read(line, _mailbox, _validity) is { } message)
            {
                _seen.Add(message);
                log.Saw(message.Content, message.Place);
            }
        }
    }

    private async Task AppendAsync(CancellationToken cancel)
    {
        string content = $"a-{name}-{++_sent}", letter = Letter.Of(content), mailbox = MailboxSet.Yours[random.Next(MailboxSet.Yours.Count)];
        string[] flags = random.Next(2) == 0 ? [] : [keyword];
        await log.AskAsync(
            [new Delivery(content, mailbox, flags) { Started = log.Now() }],
            () => AskAsync($"APPEND {mailbox} ({string.Join(' ', flags)}) {{{letter.Length}+}}\r\n{letter}", cancel),
            (delivery, lines) =>
            {
                if (AppendUid().Match(lines[^1]) is { Success: true } told)
                {
                    delivery.Place = new Place(mailbox, Number(told.Groups[1].Value), Number(told.Groups[2].Value));
                }

                return lines[^1].StartsWith("OK", StringComparison.Ordinal) ? Outcome.Done : NotDone(lines);
            });
    }

    private async Task StoreAsync(CancellationToken cancel)
    {
        bool set = random.Next(3) != 0;
        await StoreAsync(Pick(message => message.Flags.Contains(keyword) != set), keyword, set, cancel);
        await LookAsync(cancel);
    }

    private async Task<FlagChange[]> StoreAsync(StoredMessage[] messages, string flag, bool set, CancellationToken cancel)
    {
        if (messages.Length == 0)
        {
            return [];
        }

        FlagChange[] changes = [.. messages.Select(message => new FlagChange(message.Content, message.Place, flag, set) { Started = log.Now() })];
        await log.AskAsync(
            changes,
            () => AskAsync($"UID STORE {Uids(messages)} {(set ? "+" : "-")}FLAGS ({flag})", cancel),
            // No FETCH: the message is gone, and nobody says whether it took the flag along.
            (change, lines) => lines.Any(line => FetchedMessage.FlagsOf(line, change.Place.Uid)?.Contains(flag) == set) ? Outcome.Done : Outcome.Unknown);
        return changes;
    }

    private async Task TransferAsync(bool move, CancellationToken cancel)
    {
        StoredMessage[] messages = Pick(static _ => true);
        // Nothing is moved into the inbox: what is there came there once, so that POP3 can name it by its content.
        string[] others = [.. MailboxSet.Folders.Where(mailbox => mailbox != _mailbox)];
        if (messages.Length == 0)
        {
            return;
        }

        string mailbox = others[random.Next(others.Length)];
        Transfer[] transfers = [.. messages.Select(message => new Transfer(message.Content, message.Place, mailbox, move) { Started = log.Now() })];
        await log.AskAsync(transfers, () => AskAsync($"UID {(move ? "MOVE" : "COPY")} {Uids(messages)} {mailbox}", cancel), (transfer, lines) =>
        {
            transfer.Destination = CopyUid.Read(lines, mailbox, transfer.Source.Uid);
            return transfer.Destination is null ? NotDone(lines) : Outcome.Done;
        });
        await LookAsync(cancel);
    }

    private async Task ExpungeAsync(CancellationToken cancel)
    {
        StoredMessage[] messages = Pick(static message => !message.Flags.Contains(@"\Deleted"));
        FlagChange[] marked = [.. (await StoreAsync(messages, @"\Deleted", set: true, cancel)).Where(change => change.Outcome == Outcome.Done)];
        if (marked.Length == 0)
        {
            return;
        }

        await log.AskAsync(
            [.. marked.Select(change => new Removal(change.Content, _mailbox, change.Place) { Started = log.Now() })],
            () => AskAsync($"UID EXPUNGE {string.Join(',', marked.Select(change => change.Place.Uid))}", cancel),
            static (_, lines) => lines[^1].StartsWith("OK", StringComparison.Ordinal) ? Outcome.Done : NotDone(lines));
        await LookAsync(cancel);
    }

    private StoredMessage[] Pick(Func<StoredMessage, bool> fits)
    {
        StoredMessage[] fitting = [.. _seen.Where(fits)];
        random.Shuffle(fitting);
        return [.. fitting.Take(random.Next(1, 4)).OrderBy(message => message.Place.Uid)];
    }

    private async Task<IReadOnlyList<string>> AskAsync(string command, CancellationToken cancel)
    {
        IReadOnlyList<string> lines = await talk.ImapAsync(command, cancel);
        foreach (string line in lines)
        {
            Note(line);
        }

        return lines;
    }

    private void Note(string line)
    {
        if (Exists().Match(line) is { Success: true } exists)
        {
            _count = (int)Number(exists.Groups[1].Value);
        }
        else if (line.EndsWith(" EXPUNGE", StringComparison.Ordinal) && line[0] == '*')
        {
            _count--;
        }
    }

    // A store that fails for now may fail after the commit: then nobody knows.
    private static Outcome NotDone(IReadOnlyList<string> lines) =>
        lines[^1].StartsWith("NO [UNAVAILABLE]", StringComparison.Ordinal) || lines[^1].StartsWith("NO [SERVERBUG]", StringComparison.Ordinal) ? Outcome.Unknown : Outcome.Refused;

    private static string Uids(IEnumerable<StoredMessage> messages) => string.Join(',', messages.Select(message => message.Place.Uid));

    private static uint Number(string digits) => uint.Parse(digits, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^\* (\d+) EXISTS$")]
    private static partial Regex Exists();

    [GeneratedRegex(@"\[UIDVALIDITY (\d+)\]")]
    private static partial Regex UidValidity();

    [GeneratedRegex(@"\[APPENDUID (\d+) (\d+)\]")]
    private static partial Regex AppendUid();
}
