using System.Collections;
using Posthorn.Core;
using Posthorn.Core.Bodies;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Core.Search;
using Posthorn.Standards.Mime;

namespace Posthorn.Server.Imap.Searching;

/// <summary>Runs a search over the view: first what the snapshot decides, then the index, then rows in pages, and octets only of messages that are open still.</summary>
/// <remarks>
/// Held in memory: a bit for each message, a page of rows, and of one message at a time its header and a segment of its text.
/// A message that is gone from the store, but not told to the client yet, matches only what the snapshot alone decides.
/// </remarks>
internal sealed class MailboxSearch
{
    /// <summary>Fewer open messages are read at once: that costs less than asking the index.</summary>
    private const int WorthAsking = 2;

    // Of messages that the index knows.
    private readonly Dictionary<int, (IndexedTexts Texts, int Number)> _indexed = [];

    private readonly ImapSession _session;
    private readonly SearchPlan _plan;
    private readonly MailboxSnapshot _view;
    private readonly SearchedMessage _message = new();
    private readonly int _overlap;

    /// <param name="view">Of the selected mailbox as its client knows it, or of another one as it is.</param>
    public MailboxSearch(ImapSession session, MailboxSnapshot view, SearchPlan plan)
    {
        (_session, _plan, _view) = (session, plan, view);
        _overlap = plan.Needles.Count == 0 ? 0 : SearchText.Overlap(plan.Needles.Max(needle => needle.Length));
    }

    /// <summary>By position in the view: the messages that match.</summary>
    public async ValueTask<Result<BitArray>> FindAsync(CancellationToken cancel)
    {
        await _view.LoadAsync(cancel);
        var found = new BitArray(_view.Count);
        List<int> open = TestSnapshot(found);
        if (open.Count >= WorthAsking && _plan.Queries.Count > 0 && await TestIndexAsync(open, found, cancel) is { } objection)
        {
            return objection;
        }

        foreach (UidSet page in Pages(open))
        {
            Result<IReadOnlyList<Message>> read = await _session.Services.Messages.ReadAsync(
                _session.Actor!, _view.Mailbox.Account, _view.Mailbox.Id, page, Fields, cancel);
            if (!read.TryGet(out IReadOnlyList<Message>? rows, out Refusal? refusal))
            {
                return refusal;
            }

            var undecided = new List<Message>();
            foreach (Message row in rows)
            {
                int position = Become(row);
                if (_plan.Root.Test(_message) is { } answer)
                {
                    found[position] = answer;
                    continue;
                }

                undecided.Add(row);
            }

            MessageContents contents = _session.Services.Messages.Contents(_session.Actor!, _view.Mailbox.Account, undecided);
            foreach (Message row in undecided)
            {
                int position = Become(row);
                await _session.Progress.TellAsync(position, _view.Count, cancel);
                await using MessageContent? content = await contents.OpenAsync(row, cancel);
                found[position] = content is not null && TestOctets(row, content);
            }
        }

        return found;
    }

    private MessageFields Fields => _plan.Root.Cost switch
    {
        SearchCost.Snapshot or SearchCost.Row => MessageFields.None,
        SearchCost.Envelope or SearchCost.Header => MessageFields.Envelope | MessageFields.Content,
        _ => MessageFields.Envelope | MessageFields.Content | MessageFields.Structure,
    };

    /// <summary>Turns to a message; returns its position.</summary>
    private int Become(Message row)
    {
        int position = _view.IndexOf(row.Uid);
        _message.Become(position, _view[position], row, _indexed.TryGetValue(position, out (IndexedTexts, int) known) ? known : null);
        return position;
    }

    /// <summary>Decides what it can; returns the positions of the rest.</summary>
    private List<int> TestSnapshot(BitArray found)
    {
        var open = new List<int>();
        int position = 0;
        foreach (MessageEntry entry in _view.Enumerate())
        {
            _message.Become(position, entry, row: null);
            bool? answer = _plan.Root.Test(_message);
            found[position] = answer == true;
            if (answer is null)
            {
                open.Add(position);
            }

            position++;
        }

        return open;
    }

    /// <summary>Decides what the index can, and leaves the rest open. A refusal is handed on.</summary>
    private async ValueTask<Refusal?> TestIndexAsync(List<int> open, BitArray found, CancellationToken cancel)
    {
        Result<IndexedTexts?> asked = await _session.Services.Searches.LookUpAsync(
            _session.Actor!, _view.Mailbox.Account, _view.Mailbox.Id, Uids(open, 0, open.Count), _plan.Queries, cancel);
        if (!asked.TryGet(out IndexedTexts? texts, out Refusal? refusal) || texts is null)
        {
            return refusal;
        }

        var decided = new BitArray(_view.Count);
        foreach ((uint uid, int number) in texts.Messages)
        {
            if (_view.IndexOf(uid) is >= 0 and int position)
            {
                _message.Become(position, _view[position], row: null, (texts, number));
                bool? answer = _plan.Root.Test(_message);
                decided[position] = answer is not null;
                found[position] = answer == true || found[position];
                _indexed[position] = (texts, number);
            }
        }

        open.RemoveAll(position => decided[position]);
        return null;
    }

    private IEnumerable<UidSet> Pages(List<int> open)
    {
        for (int start = 0; start < open.Count; start += Messages.ReadAtMost)
        {
            yield return Uids(open, start, Math.Min(start + Messages.ReadAtMost, open.Count));
        }
    }

    // A range over UIDs that are gone: neighbours are read at one go.
    private UidSet Uids(List<int> positions, int start, int end)
    {
        var uids = new UidSet.Builder();
        for (int i = start; i < end; i++)
        {
            uint uid = _view[positions[i]].Uid;
            uids.Add(i > start && positions[i] == positions[i - 1] + 1 ? _view[positions[i - 1]].Uid : uid, uid);
        }

        return uids.Build();
    }

    private bool TestOctets(Message row, MessageContent content)
    {
        MessageOctets body = content.Body;
        _message.Header = MessageTexts.ReadHeader(row.Prefix!, body);
        if (_plan.Root.Test(_message) is { } byHeader)
        {
            return byHeader;
        }

        return TestText(MessageTexts.ReadStructure(row, content), body);
    }

    /// <summary>Header texts first, then the body's, until the answer is there.</summary>
    private bool TestText(BodyStructure structure, MessageOctets body)
    {
        var text = new TextFindings(_plan.Needles);
        _message.Text = text;
        text.LookInHeader(HeaderText.DecodeFields(_message.Header!.Value.Span));
        foreach (string header in TextExtractor.ReadHeaders(structure, body).Skip(1))
        {
            text.LookInHeader(header);
        }

        text.EndHeader();
        if (_plan.Root.Test(_message) is { } byHeader)
        {
            return byHeader;
        }

        foreach (string segment in TextExtractor.ReadBody(structure, body, _overlap))
        {
            if (text.LookInBody(segment) && _plan.Root.Test(_message) is { } bySegment)
            {
                return bySegment;
            }
        }

        text.EndBody();
        return _plan.Root.Test(_message) == true;
    }
}
