namespace Posthorn.Core.Storage.Postgres;

/// <summary>
/// Whose turn it is to write into an account. While the closures of a transaction of the account run, the writes that come wait here; when it commits, they go into the next
/// one together. The first of them leads: it commits for the others, too.
/// </summary>
/// <remarks>Accounts know nothing of each other. Between nodes the lock of the account's row orders the transactions.</remarks>
internal sealed class AccountTurns
{
    /// <summary>Writes of one transaction. More wait for the next: the first of a group must not wait for ever.</summary>
    public const int MaxGroup = 64;

    private readonly Lock _gate = new();

    // There while somebody has the account's turn: what waits for it.
    private readonly Dictionary<AccountId, List<PendingWrite>> _waiting = [];

    /// <summary>Until the write leads a group, or has been committed by the leader of one.</summary>
    /// <returns>The group, the write itself first. Empty: it is committed.</returns>
    public Task<IReadOnlyList<PendingWrite>> WaitAsync(AccountId account, PendingWrite write)
    {
        lock (_gate)
        {
            if (_waiting.TryGetValue(account, out List<PendingWrite>? waiting))
            {
                waiting.Add(write);
            }
            else
            {
                _waiting[account] = [];
                write.Lead([write]);
            }
        }

        return write.Turn;
    }

    /// <summary>By a leader, who gives the turn away: the next group begins. What of its own it did not run comes first.</summary>
    public void Leave(AccountId account, IEnumerable<PendingWrite> left)
    {
        lock (_gate)
        {
            _waiting[account].InsertRange(0, left);
            Next(account);
        }
    }

    /// <summary>By a leader, who may have given the turn away: these were undone with its transaction, and come before what waits.</summary>
    public void Return(AccountId account, IReadOnlyCollection<PendingWrite> undone)
    {
        lock (_gate)
        {
            if (_waiting.TryGetValue(account, out List<PendingWrite>? waiting))
            {
                waiting.InsertRange(0, undone);
            }
            else if (undone.Count > 0)
            {
                _waiting[account] = [.. undone];
                Next(account);
            }
        }
    }

    private void Next(AccountId account)
    {
        List<PendingWrite> waiting = _waiting[account];
        if (waiting.Count == 0)
        {
            _waiting.Remove(account);
            return;
        }

        PendingWrite[] group = waiting[0].IsAlone ? [waiting[0]] : [.. waiting.TakeWhile(static write => !write.IsAlone).Take(MaxGroup)];
        waiting.RemoveRange(0, group.Length);
        group[0].Lead(group);
    }
}
