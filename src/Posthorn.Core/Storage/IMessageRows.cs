using Posthorn.Core.Bodies;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Maildrops;
using Posthorn.Core.Messages;

namespace Posthorn.Core.Storage;

/// <summary>A message as its first row: what is the same wherever it is filed.</summary>
public sealed record EmailRow(
    ThreadId Thread, BodyId Body, byte[] Prefix, long SizeBytes, DateTimeOffset InternalDate, MessageMetadata Metadata, string Uidl);

/// <summary>A message that leaves a mailbox, with what its counters lose.</summary>
public readonly record struct FiledMessage(uint Uid, EmailId Email, MessageFlags Flags, long SizeBytes);

/// <summary>A message and the mailbox it is filed in.</summary>
public readonly record struct FiledPlace(MailboxId Mailbox, FiledMessage Message);

public interface IReadMessages
{
    /// <summary>Adds the hot rows of the set to <paramref name="into"/>, in UID order: the first <paramref name="most"/> of them.</summary>
    ValueTask EntriesAsync(AccountId account, MailboxId mailbox, UidSet uids, List<MessageEntry> into, int most = int.MaxValue);

    /// <summary>The hot rows of the messages with the highest UIDs, in UID order.</summary>
    ValueTask<IReadOnlyList<MessageEntry>> NewestAsync(AccountId account, MailboxId mailbox, int most);

    ValueTask<IReadOnlyList<Message>> ReadAsync(AccountId account, MailboxId mailbox, UidSet uids, MessageFields fields, int most);

    /// <summary>The messages of the set with the ids of their contents, in UID order.</summary>
    ValueTask<IReadOnlyList<FiledMessage>> FiledAsync(AccountId account, MailboxId mailbox, UidSet uids);

    /// <summary>Removed messages that are kept, oldest removal first or the latest.</summary>
    ValueTask<IReadOnlyList<RemovedMessage>> RemovedAsync(AccountId account, RemovedSelection selection, int most, bool latestFirst = false);

    /// <summary>Messages of the account with a higher id, in the order of ids, wherever they are filed: read whole, UID and flags are not theirs.</summary>
    ValueTask<IReadOnlyList<Message>> AboveAsync(AccountId account, EmailId after, int most);

    /// <summary>Ids of messages of the account between two, both included, in their order.</summary>
    ValueTask<IReadOnlyList<EmailId>> IdsAsync(AccountId account, EmailId first, EmailId last);

    /// <summary>Where messages are filed: each as often as it is in a mailbox.</summary>
    ValueTask<IReadOnlyList<FiledPlace>> PlacesAsync(AccountId account, IReadOnlyList<EmailId> emails);

    /// <summary>The id that the next message gets.</summary>
    ValueTask<EmailId> NextEmailAsync(AccountId account);

    /// <summary>The conversation of each message of the set.</summary>
    ValueTask<IReadOnlyList<(uint Uid, ThreadId Thread)>> ThreadsAsync(AccountId account, MailboxId mailbox, UidSet uids);

    /// <summary>Where the newest messages of a conversation lie, the oldest of these first.</summary>
    ValueTask<IReadOnlyList<(MailboxId Mailbox, uint Uid)>> ConversationAsync(AccountId account, ThreadId thread, int most);

    ValueTask<IReadOnlyList<MaildropMessage>> MaildropAsync(AccountId account, MailboxId mailbox);
}

public interface IWriteMessages : IReadMessages
{
    /// <summary>Adds a message to the account; it is in no mailbox yet.</summary>
    ValueTask<EmailId> InsertEmailAsync(AccountId account, EmailRow email);

    /// <summary>The same message once more, with ids of its own (a copy into a mailbox that holds it already).</summary>
    ValueTask<EmailId> DuplicateEmailAsync(AccountId account, EmailId email, string uidl);

    /// <summary>Which of the messages a mailbox holds already.</summary>
    ValueTask<IReadOnlySet<EmailId>> HeldAsync(AccountId account, MailboxId mailbox, IReadOnlyList<FiledMessage> messages);

    ValueTask FileAsync(AccountId account, MailboxId mailbox, uint uid, EmailId email, MessageFlags flags, ModSeq modSeq, long sizeBytes, DateTimeOffset saved);

    /// <summary>flags = (flags &amp; <paramref name="keep"/>) | <paramref name="set"/> for all messages in the ranges, which do not overlap.</summary>
    ValueTask SetFlagsAsync(AccountId account, MailboxId mailbox, IReadOnlyList<UidRange> ranges, MessageFlags keep, MessageFlags set, ModSeq modSeq);

    /// <summary>Remembers messages that are about to be unfiled, so that they and their bodies stay.</summary>
    ValueTask KeepAsync(AccountId account, Mailbox mailbox, IReadOnlyList<FiledMessage> messages, DateTimeOffset now);

    /// <summary>Ends what <see cref="KeepAsync"/> began; a message in no mailbox goes, and its body loses a reference.</summary>
    ValueTask ForgetAsync(AccountId account, IReadOnlyList<RemovedMessage> messages);

    /// <summary>Takes messages out of the mailbox; a message that is neither in a mailbox nor kept goes, and its body loses a reference.</summary>
    ValueTask UnfileAsync(AccountId account, MailboxId mailbox, IReadOnlyList<FiledMessage> messages);

    /// <summary>Announces <see cref="ThreadAsync"/> with the very same list: a database behind a network answers it together with what is asked next.</summary>
    void ExpectThread(AccountId account, IReadOnlyList<long> keys)
    {
    }

    /// <summary>The conversation that one of these keys belongs to, null: none. Keys are hashes of message id and base subject.</summary>
    ValueTask<ThreadId?> ThreadAsync(AccountId account, IReadOnlyList<long> keys);

    ValueTask JoinThreadAsync(AccountId account, ThreadId thread, IReadOnlyList<long> keys);

    /// <summary>True the first time this delivery is asked for: what makes a retry after a crash harmless.</summary>
    ValueTask<bool> MarkDeliveredAsync(AccountId account, EnvelopeId envelope, string recipient, DateTimeOffset now);

    ValueTask<bool> TakeMaildropAsync(AccountId account, Guid token, string node, DateTimeOffset now, DateTimeOffset until);

    ValueTask<bool> RenewMaildropAsync(AccountId account, Guid token, DateTimeOffset until);

    ValueTask LeaveMaildropAsync(AccountId account, Guid token);
}
