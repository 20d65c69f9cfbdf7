using Posthorn.Core.Changes;

namespace Posthorn.Core.Storage;

/// <summary>Hears of every commit after it is durable; commits of one account in their order where there is one writer. A journal would stand here too.</summary>
internal interface ICommitSink
{
    /// <summary>On the writer's thread, or on those of several at once: must not block.</summary>
    void Committed(IReadOnlyList<(AccountId Account, ChangeEntry Entry)> entries);
}
