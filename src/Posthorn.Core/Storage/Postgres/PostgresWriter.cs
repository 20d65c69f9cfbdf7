using Microsoft.Extensions.Logging;
using Npgsql;

namespace Posthorn.Core.Storage.Postgres;

/// <summary>Commits writes, alone or those of one account together.</summary>
/// <remarks>
/// A transaction locks the counter rows of its accounts, in the order of ids, with its first statement: writers of one account follow each other, writers of different
/// accounts do not meet. What follows the lock sees what was committed before it (READ COMMITTED). Writes of one account that wait on this node share the next
/// transaction (<see cref="AccountTurns"/>): one lock, one sync, and where they announce what they ask, two round trips for all of them. Nobody hears of success before that commit.
/// When anything in such a group fails, all of it is undone and each of its writes goes alone, so that one that is refused takes no other with it; no savepoints, which would cost every write what hardly one needs.
/// Conflicts and lost connections are tried again where nothing was committed; when the connection breaks during COMMIT, the database is asked afterwards what came of it.
/// </remarks>
internal sealed partial class PostgresWriter(PostgresConnections connections, ICommitSink sink, PostgresBus bus, ILogger log)
{
    private const string Begin = "BEGIN ISOLATION LEVEL READ COMMITTED";

    /// <summary>How often a closure runs before its conflict is given to the caller.</summary>
    private const int MaxAttempts = 8;

    // Set while a closure runs: a write inside a write would wait for itself.
    private static readonly AsyncLocal<bool> Writing = new();

    private readonly CommitMarks _marks = new(connections);
    private readonly AccountTurns _turns = new();
    private readonly ILogger _log = log;

    /// <summary>Returns when the write is committed.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<AccountId> accounts, PendingWrite write, CancellationToken cancel)
    {
        if (Writing.Value)
        {
            throw new InvalidOperationException("A write inside a write.");
        }

        // Changes of the directory are few, and touch what is of many accounts: they stay apart.
        if (accounts.Length != 1 || accounts.Span[0] == AccountId.Store)
        {
            await CommitAsync(accounts, [write], null, cancel);
            return;
        }

        AccountId account = accounts.Span[0];
        IReadOnlyList<PendingWrite> group = await _turns.WaitAsync(account, write);
        if (group.Count > 0)
        {
            await LeadAsync(account, group, cancel);
        }
    }

    /// <summary>Commits the caller's write, the first of the group, and what can go with it.</summary>
    private async ValueTask LeadAsync(AccountId account, IReadOnlyList<PendingWrite> group, CancellationToken cancel)
    {
        bool hasTurn = true;
        int committed;
        try
        {
            // The caller may give up its own write, not those of others.
            committed = await CommitAsync(new[] { account }, group, PassOn, group.Count == 1 ? cancel : CancellationToken.None);
        }
        catch (Exception failure)
        {
            foreach (PendingWrite other in group.Skip(1))
            {
                other.Fail(failure);
            }

            PassOn(group.Count);
            throw;
        }

        foreach (PendingWrite other in group.Take(committed).Skip(1))
        {
            other.Committed();
        }

        IReadOnlyList<PendingWrite> undone = [.. group.Skip(Math.Max(1, committed))];
        foreach (PendingWrite other in committed == 0 ? undone : [])
        {
            other.IsAlone = true;
        }

        _turns.Return(account, undone);
        PassOn(group.Count);
        if (committed == 0)
        {
            await CommitAsync(new[] { account }, [group[0]], null, cancel);
        }

        // The next group's closures wait for the row's lock while this one's commit is synced. What did not run here goes with them.
        void PassOn(int ran)
        {
            if (hasTurn)
            {
                hasTurn = false;
                _turns.Leave(account, group.Skip(ran));
                group = [.. group.Take(ran)];
            }
        }
    }

    /// <summary>One transaction of as many of the writes as can share it, from the first on.</summary>
    /// <param name="passOn">Told, before the first COMMIT, how many have run: no others will.</param>
    /// <returns>How many were committed; zero: one of several failed, and nothing of them was kept.</returns>
    private async ValueTask<int> CommitAsync(ReadOnlyMemory<AccountId> accounts, IReadOnlyList<PendingWrite> writes, Action<int>? passOn, CancellationToken cancel)
    {
        for (int attempt = 1; ; attempt++)
        {
            await using NpgsqlConnection connection = await connections.OpenOrUnavailableAsync(cancel);
            var attempted = new Attempt(connection, accounts, _marks);
            try
            {
                await attempted.RunAsync(writes);
                passOn?.Invoke(attempted.Count);
                writes = [.. writes.Take(attempted.Count)];
                await attempted.CommitAsync();
                Publish(attempted);
                return attempted.Count;
            }
            catch (NpgsqlException fault) when (attempted.IsOutcomeOpen(fault))
            {
                connections.Clear();
                LogOutcomeOpen(PostgresFault.Reason(fault));
                if (await _marks.WasCommittedAsync(attempted.Mark, attempted.TransactionId) is not { } committed)
                {
                    throw new StoreUnavailableException("The database was lost during a commit and has not come back.", isFull: false, fault) { IsOutcomeOpen = true };
                }

                if (committed)
                {
                    Publish(attempted);
                    return attempted.Count;
                }

                if (attempt >= MaxAttempts)
                {
                    throw PostgresFault.ToUnavailable(fault);
                }
            }
            catch (Exception failure) when (writes.Count > 1 && !IsUnavailable(failure))
            {
                await attempted.RollBackAsync();
                LogApart(writes.Count, failure);
                return 0;
            }
            catch (NpgsqlException fault) when (attempt < MaxAttempts && PostgresFault.IsConflict(fault))
            {
                await attempted.RollBackAsync();
                LogConflict(attempt, fault.SqlState);
                await Task.Delay(Pause(attempt), TimeProvider.System, CancellationToken.None);
            }
            catch (NpgsqlException fault) when (attempt == 1 && PostgresFault.IsLost(fault))
            {
                // Nothing of it was committed. Most likely the connection had died in the pool: a new one tells.
                connections.Clear();
            }
            catch (NpgsqlException fault) when (PostgresFault.IsUnavailable(fault))
            {
                await attempted.RollBackAsync();
                throw PostgresFault.ToUnavailable(fault);
            }
            catch
            {
                await attempted.RollBackAsync();
                throw;
            }
        }
    }

    /// <summary>The database cannot serve: what holds for one write of a group holds for all.</summary>
    private static bool IsUnavailable(Exception failure) => failure is NpgsqlException fault && PostgresFault.IsUnavailable(fault) && !PostgresFault.IsConflict(fault);

    private void Publish(Attempt attempted)
    {
        _marks.Settle(attempted.Mark);
        sink.Committed(attempted.Session.Entries);
        bus.Announce(attempted.Session.Entries);
    }

    private static TimeSpan Pause(int attempt) => TimeSpan.FromMilliseconds(Random.Shared.Next(1, 5 << Math.Min(attempt, 6)));

    [LoggerMessage(Level = LogLevel.Debug, Message = "A write met another one (attempt {Attempt}) and is run again: {SqlState}")]
    private partial void LogConflict(int attempt, string? sqlState);

    [LoggerMessage(Level = LogLevel.Debug, Message = "One of {Count} writes that went together failed; each goes alone")]
    private partial void LogApart(int count, Exception failure);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The database was lost during a commit; asking what came of it: {Reason}")]
    private partial void LogOutcomeOpen(string reason);

    /// <summary>One run of the closures in one transaction.</summary>
    private sealed class Attempt
    {
        private readonly PostgresTransaction _transaction;

        public Attempt(NpgsqlConnection connection, ReadOnlyMemory<AccountId> accounts, CommitMarks marks)
        {
            _transaction = new PostgresTransaction(connection, Begin);
            marks.Write(_transaction, Mark, id => TransactionId = id);
            Session = new PostgresSession(_transaction);
            Session.Counters.Take(accounts);
        }

        public PostgresSession Session { get; }

        public string? TransactionId { get; private set; }

        /// <summary>See <see cref="CommitMarks"/>.</summary>
        public Guid Mark { get; } = Guid.CreateVersion7();

        /// <summary>Closures that have run.</summary>
        public int Count { get; private set; }

        public async ValueTask RunAsync(IReadOnlyList<PendingWrite> writes)
        {
            foreach (PendingWrite write in writes)
            {
                write.Announce(Session);
            }

            // Ends with this method: the caller's flow is not touched.
            Writing.Value = true;
            while (Count < writes.Count && !_transaction.HoldsSharedRows)
            {
                Session.Counters.BeginWrite();
                await writes[Count].RunAsync(Session);
                Count++;
            }

            Session.Counters.Post();
        }

        public ValueTask CommitAsync() => _transaction.CommitAsync();

        /// <summary>COMMIT was sent, and the answer is not known.</summary>
        public bool IsOutcomeOpen(NpgsqlException fault) => _transaction.IsCommitSent && PostgresFault.IsLost(fault);

        public ValueTask RollBackAsync() => _transaction.RollBackAsync();
    }
}
