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

public interface IReadMessages
{
    /// <summary>Adds the hot rows of the set to <paramref name="into"/>, in UID order.</summary>
    ValueTask EntriesAsync(AccountId account, MailboxId mailbox, UidSet uids, List<MessageEntry> into);

    ValueTask<IReadOnlyList<Message>> ReadAsync(AccountId account, MailboxId mailbox, UidSet uids, MessageFields fields, int most);

    /// <summary>The messages of the set with the ids of their contents, in UID order.</summary>
    ValueTask<IReadOnlyList<FiledMessage>> FiledAsync(AccountId account, MailboxId mailbox, UidSet uids);

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

    /// <summary>flags = (flags &amp; <paramref name="keep"/>) | <paramref name="set"/> for all of the range.</summary>
    ValueTask SetFlagsAsync(AccountId account, MailboxId mailbox, UidRange range, MessageFlags keep, MessageFlags set, ModSeq modSeq);

    /// <summary>Takes messages out of the mailbox; a message in no mailbox any more goes, and its body loses a reference.</summary>
    ValueTask UnfileAsync(AccountId account, MailboxId mailbox, IReadOnlyList<FiledMessage> messages);

    /// <summary>The conversation that one of these keys belongs to, null: none. Keys are hashes of message id and base subject.</summary>
    ValueTask<ThreadId?> ThreadAsync(AccountId account, IReadOnlyList<long> keys);

    ValueTask JoinThreadAsync(AccountId account, ThreadId thread, IReadOnlyList<long> keys);

    /// <summary>True the first time this delivery is asked for: what makes a retry after a crash harmless.</summary>
    ValueTask<bool> MarkDeliveredAsync(AccountId account, EnvelopeId envelope, string recipient, DateTimeOffset now);

    ValueTask<bool> TakeMaildropAsync(AccountId account, Guid token, DateTimeOffset now, DateTimeOffset until);

    ValueTask<bool> RenewMaildropAsync(AccountId account, Guid token, DateTimeOffset until);

    ValueTask LeaveMaildropAsync(AccountId account, Guid token);
}
