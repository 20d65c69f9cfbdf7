using Posthorn.Core.Access;
using Posthorn.Core.Bodies;

namespace Posthorn.Core.Messages;

/// <summary>
/// Operations on messages, by sets. Each checks rights, keeps counters, quota and the change log, and commits before it returns:
/// what it answers is durable.
/// </summary>
public sealed class Messages
{
    /// <summary>A sink for the octets of a new message: memory first, a file when they grow (RFC 5322 octets, CRLF lines).</summary>
    public MessageWriter StartMessage() => throw new NotImplementedException();

    /// <summary>Files messages into a mailbox, all or none (APPEND, MULTIAPPEND).</summary>
    public ValueTask<Result<Appended>> AppendAsync(
        Actor actor, AccountId account, MailboxId mailbox, IReadOnlyList<NewMessage> messages, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>STORE. UIDs that do not exist are passed over.</summary>
    public ValueTask<Result<FlagsChanged>> ChangeFlagsAsync(
        Actor actor, AccountId account, MailboxId mailbox, UidSet uids, FlagChange change, ModSeq? unchangedSince, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>COPY, in UID order.</summary>
    public ValueTask<Result<Copied>> CopyAsync(
        Actor actor, AccountId account, MailboxId from, UidSet uids, MailboxId to, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>MOVE (RFC 6851): in one transaction.</summary>
    public ValueTask<Result<Copied>> MoveAsync(
        Actor actor, AccountId account, MailboxId from, UidSet uids, MailboxId to, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>EXPUNGE: removes those of the set that carry \Deleted. Returns what went.</summary>
    public ValueTask<Result<UidSet>> ExpungeAsync(
        Actor actor, AccountId account, MailboxId mailbox, UidSet uids, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>Removes the messages whatever their flags (POP3's QUIT).</summary>
    public ValueTask<Result<UidSet>> DeleteAsync(
        Actor actor, AccountId account, MailboxId mailbox, UidSet uids, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>Rows of messages in UID order. Ask for at most <see cref="ReadAtMost"/> at a time.</summary>
    public ValueTask<Result<IReadOnlyList<Message>>> ReadAsync(
        Actor actor, AccountId account, MailboxId mailbox, UidSet uids, MessageFields fields, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>A page of <see cref="ReadAsync"/>: FETCH 1:* goes through a mailbox in pages of this size.</summary>
    public const int ReadAtMost = 500;

    /// <summary>Opens the octets of a message read with <see cref="MessageFields.Content"/>. Null: they are gone (expunged meanwhile, and swept).</summary>
    public ValueTask<MessageContent?> OpenAsync(Actor actor, AccountId account, Message message, CancellationToken cancel) => throw new NotImplementedException();
}
