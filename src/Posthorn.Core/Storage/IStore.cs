namespace Posthorn.Core.Storage;

/// <summary>One deployment's database. Protocols never see it: they call Core's operations.</summary>
/// <remarks>
/// The contract of a write. The closure awaits nothing but the session it was given and touches only the database: octets are stored, passwords
/// hashed and MIME is parsed before it. It may run more than once, so it returns a value and changes nothing outside. Nothing it did is visible
/// before the commit of its group; when <c>WriteAsync</c> returns, the change is synced to disk. If the group's commit fails, every closure of
/// the group fails with <see cref="StoreUnavailableException"/> and nothing of it is kept, unless the exception says that its outcome is open. An exception of
/// the closure undoes that closure alone. A write inside a write throws. Rows of an account are written only by who holds the account; rows of the directory
/// (accounts, domains, aliases) by who holds <see cref="AccountId.Store"/>; the queue and bodies need no account.
/// </remarks>
public interface IStore : IAsyncDisposable
{
    /// <summary>Reads one consistent state. The session is dead when the closure returns.</summary>
    ValueTask<T> ReadAsync<T>(AccountId account, Func<IReadSession, ValueTask<T>> read, CancellationToken cancel);

    /// <summary>Locks <paramref name="accounts"/> in the order of their ids, runs the closure, commits, then publishes the changes.</summary>
    ValueTask<T> WriteAsync<T>(ReadOnlyMemory<AccountId> accounts, Func<IWriteSession, ValueTask<T>> write, CancellationToken cancel);

    /// <inheritdoc cref="WriteAsync{T}(ReadOnlyMemory{AccountId}, Func{IWriteSession, ValueTask{T}}, CancellationToken)"/>
    /// <param name="announce">Says what the closure is going to ask (<c>Expect…</c>), so that writes of one commit ask together. It changes no answer, and may run more than once.</param>
    ValueTask<T> WriteAsync<T>(
        ReadOnlyMemory<AccountId> accounts, Action<IWriteSession> announce, Func<IWriteSession, ValueTask<T>> write, CancellationToken cancel) => WriteAsync(accounts, write, cancel);
}

/// <summary>What a reader may do: it has no way to write.</summary>
public interface IReadSession
{
    IReadDirectory Directory { get; }

    IReadMailboxes Mailboxes { get; }

    IReadMessages Messages { get; }

    IReadBodies Bodies { get; }

    IReadChanges Changes { get; }

    IReadQueue Queue { get; }

    IReadAccountSettings Settings { get; }

    IReadScheduled Scheduled { get; }

    IReadSecurity Security { get; }

    IReadDeliveryEvents DeliveryEvents { get; }

    IReadReplies Replies { get; }
}

/// <summary>A transaction.</summary>
public interface IWriteSession
{
    IWriteDirectory Directory { get; }

    IWriteMailboxes Mailboxes { get; }

    IWriteMessages Messages { get; }

    IWriteBodies Bodies { get; }

    IWriteChanges Changes { get; }

    IWriteQueue Queue { get; }

    IWriteAccountSettings Settings { get; }

    IWriteScheduled Scheduled { get; }

    IWriteSecurity Security { get; }

    IWriteDeliveryEvents DeliveryEvents { get; }

    IWriteReplies Replies { get; }

    /// <summary>The modseq of this transaction for the account: taken at the first call, the same for all later ones.</summary>
    ValueTask<ModSeq> ModSeqAsync(AccountId account);
}
