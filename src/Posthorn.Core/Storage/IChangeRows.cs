using Posthorn.Core.Changes;

namespace Posthorn.Core.Storage;

public interface IReadChanges
{
    /// <summary>Entries of one collection above a modseq, oldest first; without those that are one viewer's own.</summary>
    ValueTask<IReadOnlyList<ChangeEntry>> SinceAsync(AccountId account, CollectionKind kind, long collection, ModSeq modSeq);

    /// <summary>What changed in a mailbox above a modseq, without holding the entries.</summary>
    ValueTask<ChangedUids> UidsSinceAsync(AccountId account, MailboxId mailbox, ModSeq modSeq);

    /// <summary>Announces <see cref="OldestAsync"/> and <see cref="UidsSinceAsync"/>: a database behind a network answers them together with what is asked next.</summary>
    void Expect(AccountId account, MailboxId mailbox, ModSeq modSeq)
    {
    }

    /// <summary>Changes of \Seen in somebody else's mailbox that are this viewer's own, above a modseq, oldest first.</summary>
    /// <remarks>It goes through all entries of the mailbox above that modseq: not for a writer, unless they are few.</remarks>
    ValueTask<IReadOnlyList<ChangeEntry>> OfViewerAsync(AccountId account, MailboxId mailbox, AccountId viewer, ModSeq modSeq);

    /// <summary>Everything below was trimmed from the log.</summary>
    ValueTask<ModSeq> OldestAsync(AccountId account);
}

public interface IWriteChanges : IReadChanges
{
    /// <summary>One entry per collection and kind of change; it is published after the commit.</summary>
    /// <param name="viewer">Whose change alone it is; default: everybody's.</param>
    ValueTask AddAsync(AccountId account, ModSeq modSeq, CollectionKind kind, long collection, ChangeKind change, Messages.UidSet ids, AccountId viewer = default);
}
