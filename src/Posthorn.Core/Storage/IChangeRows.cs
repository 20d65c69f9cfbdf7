using Posthorn.Core.Changes;

namespace Posthorn.Core.Storage;

public interface IReadChanges
{
    /// <summary>Entries of one collection above a modseq, oldest first.</summary>
    ValueTask<IReadOnlyList<ChangeEntry>> SinceAsync(AccountId account, CollectionKind kind, long collection, ModSeq modSeq);

    /// <summary>Everything below was trimmed from the log.</summary>
    ValueTask<ModSeq> OldestAsync(AccountId account);
}

public interface IWriteChanges : IReadChanges
{
    /// <summary>One entry per collection and kind of change; it is published after the commit.</summary>
    ValueTask AddAsync(AccountId account, ModSeq modSeq, CollectionKind kind, long collection, ChangeKind change, Messages.UidSet ids);
}
