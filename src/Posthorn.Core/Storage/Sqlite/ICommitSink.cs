using Posthorn.Core.Changes;

namespace Posthorn.Core.Storage.Sqlite;

/// <summary>Hears of every commit, in order, after it is durable. A journal would stand here too.</summary>
internal interface ICommitSink
{
    /// <summary>On the writer's thread: must not block.</summary>
    void Committed(IReadOnlyList<(AccountId Account, ChangeEntry Entry)> entries);
}
