using System.Buffers;
using Posthorn.Core;
using Posthorn.Core.Bodies;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Standards.Mime;

namespace Posthorn.Server.Imap.Fetching;

/// <summary>Answers one FETCH, message by message.</summary>
/// <remarks>
/// Rows come in pages; a page is one reading and at most one change of flags. No call to the store is made with more than a page's responses unsent,
/// and no message is held whole. What only the view knows is answered without a row.
/// </remarks>
internal sealed class MessageFetcher(ImapSession session, FetchRequest request)
{
    private readonly ImapResponseWriter _writer = session.Writer;
    private readonly SectionWriter _sections = new(session.Writer);
    private readonly BinarySectionWriter _binaries = new(session.Writer);
    private readonly ArrayBufferWriter<byte> _structure = new();
    private readonly byte[] _accountOfIds = System.Text.Encoding.ASCII.GetBytes(ResponseCode.AccountOfIds(session.Selected!.Account, session.Account!.Id));
    private readonly List<int> _page = [];
    private bool _isFirst;

    /// <summary>Messages that another session removed meanwhile; nothing was told of them.</summary>
    public bool SomeAreGone { get; private set; }

    /// <summary>A part was asked for decoded whose encoding nobody knows; nothing was told of it.</summary>
    public bool HasUnknownEncoding { get; private set; }

    public async ValueTask RunAsync(IReadOnlyList<PositionRange> positions, ModSeq? changedSince, CancellationToken cancel)
    {
        foreach (PositionRange range in positions)
        {
            for (int position = range.First; position <= range.Last; position++)
            {
                if (changedSince is { } since && session.Selected!.View[position].ModSeq <= since)
                {
                    continue;
                }

                if (!request.NeedsRow)
                {
                    Write(position, null, tellsFlags: false);
                    EndMessage();
                    await _writer.FlushIfLargeAsync(cancel);
                }
                else
                {
                    _page.Add(position);
                    await EndPageAsync(Messages.ReadAtMost, cancel);
                }

                if (_writer.IsClosed || session.End is not null)
                {
                    return;
                }
            }
        }

        await EndPageAsync(1, cancel);
    }

    private async ValueTask EndPageAsync(int atLeast, CancellationToken cancel)
    {
        if (_page.Count < atLeast)
        {
            return;
        }

        UidSet uids = UidsOfPage(session.Selected!.View, unseenOnly: false);
        UidSet seen = request.SetsSeen && !session.Selected.IsReadOnly ? await SetSeenAsync(cancel) : UidSet.Empty;
        if (session.End is not null)
        {
            return;
        }

        Result<IReadOnlyList<Message>> read = await session.Services.Messages.ReadAsync(
            session.Actor!, session.Selected.Account, session.Selected.Id, uids, Fields(), cancel);
        IReadOnlyList<Message> rows = read.TryGet(out IReadOnlyList<Message>? found, out _) ? found : [];
        MessageContents contents = session.Services.Messages.Contents(session.Actor!, session.Selected.Account, rows);
        int row = 0;
        foreach (int position in _page)
        {
            uint uid = session.Selected.View[position].Uid;
            while (row < rows.Count && rows[row].Uid < uid)
            {
                row++;
            }

            if (row == rows.Count || rows[row].Uid != uid || !await FetchAsync(position, rows[row], contents, seen.Contains(uid), cancel))
            {
                SomeAreGone = true;
            }

            if (_writer.IsClosed)
            {
                break;
            }
        }

        _page.Clear();
    }

    private async ValueTask<bool> FetchAsync(int position, Message row, MessageContents contents, bool tellsFlags, CancellationToken cancel)
    {
        if (request.Sections.Count == 0)
        {
            Write(position, row, tellsFlags);
            EndMessage();
            await _writer.FlushIfLargeAsync(cancel);
            return true;
        }

        // Opened before the first octet of the response: a body that is gone leaves no half of one behind.
        await using MessageContent? content = await contents.OpenAsync(row, cancel);
        if (content is null)
        {
            return false;
        }

        BodyStructure? structure = request.Sections.Any(section => section.NeedsStructure) ? StructureOf(row) : null;
        Write(position, row, tellsFlags);
        foreach (FetchSection section in request.Sections)
        {
            if (section.IsBinary && !BinarySectionWriter.CanDecode(section, structure))
            {
                HasUnknownEncoding = true;
                continue;
            }

            Separate();
            await (section.IsBinary ? _binaries.WriteAsync(section, content, structure, cancel) : _sections.WriteAsync(section, content, structure, cancel));
        }

        EndMessage();
        await _writer.FlushIfLargeAsync(cancel);
        return true;
    }

    /// <summary>
    /// RFC 9051 §6.4.5: reading sets \Seen. One change for the page; what else happened meanwhile is told before the page's responses, which then
    /// carry the new flags of their own messages.
    /// </summary>
    private async ValueTask<UidSet> SetSeenAsync(CancellationToken cancel)
    {
        UidSet unseen = UidsOfPage(session.Selected!.View, unseenOnly: true);
        if (unseen.IsEmpty)
        {
            return UidSet.Empty;
        }

        Result<FlagsChanged> changed = await session.Services.Messages.ChangeFlagsAsync(
            session.Actor!, session.Selected.Account, session.Selected.Id, unseen, new FlagChange(FlagOperation.Add, MessageFlags.Seen, []), null, cancel);
        if (!changed.IsOk || await session.MoveOnAsync(expunges: false, cancel) is not { } changes)
        {
            return UidSet.Empty;
        }

        List<MessageEntry> others = [.. changes.Differences.Changed.Where(message => !unseen.Contains(message.Uid))];
        await session.TellOthersFlagsAsync(changes, others, cancel);
        return unseen;
    }

    private UidSet UidsOfPage(MailboxSnapshot view, bool unseenOnly)
    {
        var uids = new UidSet.Builder();
        int before = -2;
        foreach (int position in _page)
        {
            MessageEntry message = view[position];
            if (unseenOnly && message.Flags.HasFlag(MessageFlags.Seen))
            {
                continue;
            }

            // Neighbours make one range, whatever gap is between their UIDs: nothing else lies there.
            uids.Add(position == before + 1 ? view[before].Uid : message.Uid, message.Uid);
            before = position;
        }

        return uids.Build();
    }

    private MessageFields Fields()
    {
        MessageFields fields = request.Items.HasFlag(FetchItems.Envelope) ? MessageFields.Envelope : MessageFields.None;
        bool needsStructure = (request.Items & (FetchItems.Body | FetchItems.BodyStructure)) != 0 || request.Sections.Any(section => section.NeedsStructure);
        fields |= request.Items.HasFlag(FetchItems.Preview) ? MessageFields.Preview : MessageFields.None;
        fields |= needsStructure ? MessageFields.Structure : MessageFields.None;
        return fields | (request.Sections.Count > 0 ? MessageFields.Content : MessageFields.None);
    }

    private void Write(int position, Message? row, bool tellsFlags)
    {
        MailboxSnapshot view = session.Selected!.View;
        MessageEntry message = view[position];
        FetchItems items = request.Items | (tellsFlags ? FetchItems.Flags | FetchItems.ImpliedUid : FetchItems.None);
        items |= tellsFlags && _writer.Speaks(ImapDialect.CondStore) ? FetchItems.ModSeq : FetchItems.None;
        items |= (items & FetchItems.ImpliedUid) != 0 && !_writer.Speaks(ImapDialect.UidOnly) ? FetchItems.Uid : FetchItems.None;
        _isFirst = true;
        _writer.BeginFetch(position + 1, message.Uid);
        if (Item(items, FetchItems.Uid, "UID "u8))
        {
            _writer.Number(message.Uid);
        }

        if (Item(items, FetchItems.Flags, "FLAGS "u8))
        {
            session.Selected.Told(message.Uid);
            _writer.Flags(message.Flags, view.Mailbox.Keywords);
        }

        if (Item(items, FetchItems.ModSeq, ""u8))
        {
            _writer.ModSeqItem(message.ModSeq);
        }

        if (row is not null)
        {
            WriteRow(items, row);
        }
    }

    private void WriteRow(FetchItems items, Message row)
    {
        if (Item(items, FetchItems.InternalDate, "INTERNALDATE "u8))
        {
            _writer.DateTime(row.InternalDate);
        }

        if (Item(items, FetchItems.SaveDate, "SAVEDATE "u8))
        {
            _writer.DateTime(row.SaveDate);
        }

        if (Item(items, FetchItems.Size, "RFC822.SIZE "u8))
        {
            _writer.Number(row.SizeBytes);
        }

        if (Item(items, FetchItems.EmailId, "EMAILID (M"u8))
        {
            _writer.Write(_accountOfIds);
            _writer.Number(row.Email.Value);
            _writer.Write((byte)')');
        }

        if (Item(items, FetchItems.ThreadId, "THREADID (T"u8))
        {
            _writer.Write(_accountOfIds);
            _writer.Number(row.Thread.Value);
            _writer.Write((byte)')');
        }

        if (Item(items, FetchItems.Preview, "PREVIEW "u8))
        {
            _writer.String(System.Text.Encoding.UTF8.GetBytes(row.Preview ?? ""));
        }

        if (Item(items, FetchItems.Envelope, "ENVELOPE "u8))
        {
            _writer.Write(row.Envelope);
        }

        if (Item(items, FetchItems.Body, "BODY "u8))
        {
            WriteStructure(row, isExtended: false);
        }

        if (Item(items, FetchItems.BodyStructure, "BODYSTRUCTURE "u8))
        {
            WriteStructure(row, isExtended: true);
        }
    }

    private void WriteStructure(Message row, bool isExtended)
    {
        _structure.ResetWrittenCount();
        BodyStructure structure = StructureOf(row);
        if (isExtended)
        {
            structure.WriteBodyStructure(_structure);
        }
        else
        {
            structure.WriteBody(_structure);
        }

        _writer.Write(_structure.WrittenSpan);
    }

    private static BodyStructure StructureOf(Message row) =>
        BodyStructure.Read(row.Structure) ?? throw new InvalidDataException($"The stored structure of email {row.Email.Value} cannot be read.");

    private bool Item(FetchItems items, FetchItems item, ReadOnlySpan<byte> name)
    {
        // Not HasFlag, which allocates until the method is compiled a second time: these lines run for every message of a mailbox.
        if ((items & item) == 0)
        {
            return false;
        }

        Separate();
        _writer.Write(name);
        return true;
    }

    private void Separate()
    {
        if (!_isFirst)
        {
            _writer.Space();
        }

        _isFirst = false;
    }

    private void EndMessage() => _writer.Line(")"u8);
}
