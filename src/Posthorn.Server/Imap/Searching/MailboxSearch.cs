using System.Buffers;
using System.Collections;
using Posthorn.Core;
using Posthorn.Core.Bodies;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Standards.Mime;

namespace Posthorn.Server.Imap.Searching;

/// <summary>Runs a search over the view: first what the snapshot decides, then rows in pages, and octets only of messages that are open still.</summary>
/// <remarks>
/// Held in memory: a bit for each message, a page of rows, and of one message at a time its header and a segment of its text.
/// A message that is gone from the store, but not told to the client yet, matches only what the snapshot alone decides.
/// </remarks>
internal sealed class MailboxSearch
{
    /// <summary>Most headers are shorter; of a message with a longer one the start is read twice.</summary>
    private const int UsualHeaderBytes = 16 * 1024;

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
        var found = new BitArray(_view.Count);
        foreach (UidSet page in SearchSnapshot(found))
        {
            Result<IReadOnlyList<Message>> read = await _session.Services.Messages.ReadAsync(
                _session.Actor!, _session.Account!.Id, _view.Mailbox.Id, page, Fields, cancel);
            if (!read.TryGet(out IReadOnlyList<Message>? rows, out Refusal? refusal))
            {
                return refusal;
            }

            foreach (Message row in rows)
            {
                int position = _view.IndexOf(row.Uid);
                _message.Become(position, _view[position], row);
                found[position] = _plan.Root.Test(_message) ?? await TestOctetsAsync(row, cancel);
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

    /// <summary>Decides what it can; returns the rest in sets of a page.</summary>
    private List<UidSet> SearchSnapshot(BitArray found)
    {
        var pages = new List<UidSet>();
        var open = new UidSet.Builder();
        int position = 0, count = 0, lastOpen = -1;
        uint lastOpenUid = 0;
        foreach (MessageEntry entry in _view.Enumerate())
        {
            _message.Become(position, entry, row: null);
            bool? answer = _plan.Root.Test(_message);
            found[position++] = answer == true;
            if (answer is not null)
            {
                continue;
            }

            // A range over UIDs that are gone: neighbours are read at one go.
            open.Add(count > 0 && lastOpen == position - 2 ? lastOpenUid : entry.Uid, entry.Uid);
            (lastOpen, lastOpenUid) = (position - 1, entry.Uid);
            if (++count == Messages.ReadAtMost)
            {
                pages.Add(open.Build());
                (open, count) = (new UidSet.Builder(), 0);
            }
        }

        if (count > 0)
        {
            pages.Add(open.Build());
        }

        return pages;
    }

    private async ValueTask<bool> TestOctetsAsync(Message row, CancellationToken cancel)
    {
        await using MessageContent? content = await _session.Services.Messages.OpenAsync(_session.Actor!, _session.Account!.Id, row, cancel);
        return content is not null && TestOctets(row, content);
    }

    private bool TestOctets(Message row, MessageContent content)
    {
        MessageOctets body = content.Body;
        _message.Header = ReadHeader(row.Prefix!, body);
        if (_plan.Root.Test(_message) is { } byHeader)
        {
            return byHeader;
        }

        BodyStructure structure = (row.Structure is { } stored ? BodyStructure.Read(stored) : null) ?? Parse(content);
        return TestText(structure, body);
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

    /// <summary>The trace lines, and the message's own fields after them.</summary>
    private static byte[] ReadHeader(byte[] prefix, MessageOctets body)
    {
        for (int size = UsualHeaderBytes; ; size = MimeLimits.HeaderLength)
        {
            byte[] start = ArrayPool<byte>.Shared.Rent(size);
            try
            {
                int read = body.Read(0, start.AsSpan(0, size));
                var header = new HeaderBlock(start.AsSpan(0, read));
                if (header.HasEmptyLine || read < size || size == MimeLimits.HeaderLength)
                {
                    return [.. prefix, .. header.Fields];
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(start);
            }
        }
    }

    private static BodyStructure Parse(MessageContent content)
    {
        if (content.TryGetMemory(out _, out ReadOnlyMemory<byte> octets))
        {
            return BodyStructure.Parse(octets.Span);
        }

        using Stream all = content.OpenRead();
        all.Position = content.PrefixLength;
        return BodyStructure.Parse(all);
    }
}
