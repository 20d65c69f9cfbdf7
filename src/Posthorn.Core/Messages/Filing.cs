using Posthorn.Core.Bodies;
using Posthorn.Core.Changes;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Messages;

/// <summary>Puts messages into one mailbox within one transaction; <see cref="FinishAsync"/> writes counters and log once for all of them.</summary>
internal sealed class Filing(IWriteSession session, AccountId account, Mailbox mailbox, ModSeq modSeq, DateTimeOffset now)
{
    private int _messages;
    private int _unseen;
    private int _deleted;
    private long _size;

    /// <summary>The UID that the next message gets.</summary>
    public uint NextUid => mailbox.UidNext + (uint)_messages;

    /// <summary>Files a new message: a reference to its body, its first row, its conversation, its place.</summary>
    public ValueTask AddAsync(IncomingMessage message, byte[] prefix, MessageFlags flags, DateTimeOffset internalDate, string uidl) =>
        AddAsync(message.Body, message.Metadata, prefix, flags, internalDate, uidl);

    public async ValueTask AddAsync(
        StoredBody body, MessageMetadata metadata, byte[] prefix, MessageFlags flags, DateTimeOffset internalDate, string uidl)
    {
        IReadOnlyList<long> threadKeys = metadata.ThreadKeys;
        ThreadId? thread = await session.Messages.ThreadAsync(account, threadKeys);
        long size = prefix.Length + body.SizeBytes;
        await session.Bodies.ReferAsync(body, 1, now);
        EmailId email = await session.Messages.InsertEmailAsync(
            account, new EmailRow(thread ?? default, body.Id, prefix, size, internalDate, metadata, uidl));
        await session.Messages.JoinThreadAsync(account, thread ?? new ThreadId(email.Value), threadKeys);
        await PlaceAsync(email, flags, size);
    }

    /// <summary>Files a message that the account has already.</summary>
    public async ValueTask PlaceAsync(EmailId email, MessageFlags flags, long size)
    {
        await session.Messages.FileAsync(account, mailbox.Id, NextUid, email, flags, modSeq, size, now);
        _messages++;
        _unseen += flags.HasFlag(MessageFlags.Seen) ? 0 : 1;
        _deleted += flags.HasFlag(MessageFlags.Deleted) ? 1 : 0;
        _size += size;
    }

    public async ValueTask FinishAsync()
    {
        if (_messages == 0)
        {
            return;
        }

        await session.Mailboxes.ChangeAsync(account, mailbox.Id, new MailboxDelta(_messages, _messages, _unseen, _deleted, _size), modSeq);
        await session.Directory.AddUsageAsync(account, _size, _messages);
        await session.Changes.AddAsync(
            account, modSeq, CollectionKind.Mailbox, mailbox.Id.Value, ChangeKind.Added, UidSet.Of(mailbox.UidNext, NextUid - 1));
    }
}
