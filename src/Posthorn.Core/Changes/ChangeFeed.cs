using System.Collections.Concurrent;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Changes;

/// <summary>
/// Tells who waits for changes of an account that there are some, after their commit. A signal carries no data and signals merge: the change
/// log and the snapshots say what changed, so a slow subscriber loses nothing and holds nobody up.
/// </summary>
public sealed class ChangeFeed : ICommitSink
{
    // Copied on subscribe and unsubscribe, so that the writer's thread reads them without a lock.
    private readonly ConcurrentDictionary<AccountId, ChangeSubscription[]> _subscribers = new();

    /// <summary>An account changed, on this node. Called on the thread that commits, or on several at once: must not block or throw.</summary>
    internal event Action<AccountId>? Changed;

    /// <summary>Dispose the subscription to end it.</summary>
    public ChangeSubscription Subscribe(AccountId account)
    {
        var subscription = new ChangeSubscription(this, account);
        _subscribers.AddOrUpdate(account, static (_, added) => [added], static (_, all, added) => [.. all, added], subscription);
        return subscription;
    }

    /// <summary>Those that somebody waits for.</summary>
    internal IEnumerable<AccountId> Accounts => _subscribers.Select(static pair => pair.Key);

    void ICommitSink.Committed(IReadOnlyList<(AccountId Account, ChangeEntry Entry)> entries)
    {
        AccountId? last = null;
        foreach ((AccountId account, ChangeEntry _) in entries)
        {
            // Entries of one closure stand together: signal its account once.
            if (account == last)
            {
                continue;
            }

            last = account;
            Changed?.Invoke(account);
            Signal(account);
        }
    }

    /// <summary>Something of the account changed, here or on another node; of the store itself: whoever waits looks.</summary>
    internal void Signal(AccountId account)
    {
        if (account == AccountId.Store)
        {
            foreach (ChangeSubscription subscription in _subscribers.Values.SelectMany(static all => all))
            {
                subscription.Signal();
            }
        }

        if (_subscribers.TryGetValue(account, out ChangeSubscription[]? subscriptions))
        {
            foreach (ChangeSubscription subscription in subscriptions)
            {
                subscription.Signal();
            }
        }
    }

    internal void Remove(ChangeSubscription subscription)
    {
        while (_subscribers.TryGetValue(subscription.Account, out ChangeSubscription[]? all))
        {
            ChangeSubscription[] rest = [.. all.Where(other => other != subscription)];
            bool done = rest.Length == 0
                ? _subscribers.TryRemove(new KeyValuePair<AccountId, ChangeSubscription[]>(subscription.Account, all))
                : _subscribers.TryUpdate(subscription.Account, rest, all);
            if (done)
            {
                return;
            }
        }
    }
}
