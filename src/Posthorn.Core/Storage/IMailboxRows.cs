using Posthorn.Core.Access;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;

namespace Posthorn.Core.Storage;

public interface IReadMailboxes
{
    ValueTask<IReadOnlyList<Mailbox>> ListAsync(AccountId account);

    ValueTask<Mailbox?> GetAsync(AccountId account, MailboxId id);

    /// <summary>By exact name.</summary>
    ValueTask<Mailbox?> FindAsync(AccountId account, string name);

    ValueTask<IReadOnlyList<string>> SubscriptionsAsync(AccountId account);

    /// <summary>How many there are beside this name.</summary>
    ValueTask<int> CountOtherSubscriptionsAsync(AccountId account, string name);

    /// <summary>Shared annotations of a mailbox (0: of the server), and those of one viewer.</summary>
    ValueTask<IReadOnlyList<Annotation>> AnnotationsAsync(AccountId account, MailboxId mailbox, AccountId? viewer);

    /// <summary>What others may do with a mailbox.</summary>
    ValueTask<IReadOnlyList<Grant>> GrantsAsync(AccountId account, MailboxId mailbox);

    /// <summary>Mailboxes of all accounts on which this one, or everybody, was given rights; of a mailbox there may be two.</summary>
    ValueTask<IReadOnlyList<GrantedMailbox>> GrantedAsync(AccountId grantee);

    /// <summary>UIDs that somebody else than the owner has seen; null: nothing was ever marked.</summary>
    ValueTask<UidSet?> SeenAsync(AccountId account, MailboxId mailbox, AccountId viewer);
}

/// <summary>How a transaction changes the counters of a mailbox; amounts add to what is there.</summary>
public readonly record struct MailboxDelta(int Uids, int Messages, int Unseen, int Deleted, long SizeBytes);

public interface IWriteMailboxes : IReadMailboxes
{
    /// <summary>Announces <see cref="IReadMailboxes.FindAsync"/>: a database behind a network answers it together with what is asked next.</summary>
    void Expect(AccountId account, string name)
    {
    }

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

    /// <summary>Sets what one grantee may do; without rights the row goes.</summary>
    ValueTask GrantAsync(AccountId account, MailboxId mailbox, Grant grant);

    /// <summary>A new mailbox begins with what holds for the one around it (RFC 4314 §4).</summary>
    ValueTask CopyGrantsAsync(AccountId account, MailboxId from, MailboxId to);

    ValueTask SetSeenAsync(AccountId account, MailboxId mailbox, AccountId viewer, UidSet uids, ModSeq modSeq);
}
