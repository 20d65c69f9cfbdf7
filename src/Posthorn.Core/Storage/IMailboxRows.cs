using Posthorn.Core.Mailboxes;

namespace Posthorn.Core.Storage;

public interface IReadMailboxes
{
    ValueTask<IReadOnlyList<Mailbox>> ListAsync(AccountId account);

    ValueTask<Mailbox?> GetAsync(AccountId account, MailboxId id);

    /// <summary>By exact name.</summary>
    ValueTask<Mailbox?> FindAsync(AccountId account, string name);

    ValueTask<IReadOnlyList<string>> SubscriptionsAsync(AccountId account);

    /// <summary>Shared annotations of a mailbox (0: of the server), and those of one viewer.</summary>
    ValueTask<IReadOnlyList<Annotation>> AnnotationsAsync(AccountId account, MailboxId mailbox, AccountId? viewer);
}

/// <summary>How a transaction changes the counters of a mailbox; amounts add to what is there.</summary>
public readonly record struct MailboxDelta(int Uids, int Messages, int Unseen, int Deleted, long SizeBytes);

public interface IWriteMailboxes : IReadMailboxes
{
    /// <summary>A new mailbox with a UIDVALIDITY that the store has never given before.</summary>
    ValueTask<Mailbox> InsertAsync(AccountId account, string name, SpecialUse use, bool isContainer);

    ValueTask RenameAsync(AccountId account, MailboxId id, string name);

    ValueTask SetContainerAsync(AccountId account, MailboxId id, bool isContainer);

    ValueTask DeleteAsync(AccountId account, MailboxId id);

    /// <summary>Adds to the counters and sets HIGHESTMODSEQ to the transaction's.</summary>
    ValueTask ChangeAsync(AccountId account, MailboxId id, MailboxDelta delta, ModSeq modSeq);

    ValueTask SetKeywordsAsync(AccountId account, MailboxId id, IReadOnlyList<string> keywords);

    /// <summary>Sets an annotation, or takes it away where it has no value. <paramref name="viewer"/> null: a shared one.</summary>
    ValueTask AnnotateAsync(AccountId account, MailboxId mailbox, AccountId? viewer, Annotation annotation);

    ValueTask CopyAnnotationsAsync(AccountId account, MailboxId from, MailboxId to);

    ValueTask SubscribeAsync(AccountId account, string name, bool subscribed);
}
