using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using Npgsql;
using Posthorn.Core.Changes;
using Posthorn.Core.Queue;

namespace Posthorn.Core.Storage.Postgres;

/// <summary>
/// Carries news of commits between the nodes of one database. A node announces the accounts it changed, after the commit, outside any transaction and not more often
/// than every few milliseconds (NOTIFY in a transaction makes all that notify wait for each other). An announcement is a hint: what is true is asked, for the
/// accounts that have sessions here, often enough that a lost hint heals within a second.
/// </summary>
internal sealed partial class PostgresBus : IAsyncDisposable
{
    private const string Channel = "posthorn";

    /// <summary>NOTIFY takes less than 8,000 octets.</summary>
    private const int MaxPayload = 7_900;

    /// <summary>Between two announcements.</summary>
    internal static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(10);

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(700);

    /// <summary>How often the queue is looked at for what other nodes left: leases of a node that died.</summary>
    private const int PollsPerQueueLook = 10;

    private static readonly TimeSpan ReconnectPause = TimeSpan.FromMilliseconds(500);

    private readonly PostgresConnections _connections;
    private readonly ChangeFeed _feed;
    private readonly QueueSignal _queue;
    private readonly ILogger _log;

    // One life of a process: what it announced itself it need not hear.
    private readonly string _self = Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture);
    private readonly ConcurrentDictionary<AccountId, bool> _changed = new();
    private readonly SemaphoreSlim _wake = new(0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _announcing;

    public PostgresBus(PostgresConnections connections, ChangeFeed feed, QueueSignal queue, ILogger log)
    {
        (_connections, _feed, _queue, _log) = (connections, feed, queue, log);
        _announcing = Task.Run(AnnounceLoopAsync);
    }

    /// <summary>After the commit; returns at once.</summary>
    public void Announce(IReadOnlyList<(AccountId Account, ChangeEntry Entry)> entries)
    {
        bool any = false;
        foreach ((AccountId account, ChangeEntry _) in entries)
        {
            any |= _changed.TryAdd(account, true);
        }

        if (any && _wake.CurrentCount == 0)
        {
            _wake.Release();
        }
    }

    /// <summary>Hears what other nodes say, until cancelled. A process without sessions need not.</summary>
    public Task ListenAsync(CancellationToken cancel) => Task.WhenAll(HearLoopAsync(cancel), PollLoopAsync(cancel));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _announcing;
        _wake.Dispose();
        _stop.Dispose();
    }

    private async Task AnnounceLoopAsync()
    {
        try
        {
            while (true)
            {
                await _wake.WaitAsync(_stop.Token);
                await TellAsync(Take());

                // Traffic between machines is paced by the real clock.
                await Task.Delay(Pace, TimeProvider.System, _stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            await TellAsync(Take());
        }
    }

    private List<AccountId> Take()
    {
        var taken = new List<AccountId>();
        foreach (AccountId account in _changed.Keys)
        {
            if (_changed.TryRemove(account, out _))
            {
                taken.Add(account);
            }
        }

        return taken;
    }

    private async Task TellAsync(List<AccountId> accounts)
    {
        try
        {
            foreach (string payload in Payloads(accounts))
            {
                await using NpgsqlConnection connection = await _connections.OpenAsync(CancellationToken.None);
                await using var command = new NpgsqlCommand("SELECT pg_notify($1, $2)", connection);
                command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Channel });
                command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = payload });
                await command.ExecuteNonQueryAsync(CancellationToken.None);
            }
        }
        catch (NpgsqlException fault)
        {
            // The others find out by asking.
            LogTellFailed(fault.SqlState);
        }
    }

    private IEnumerable<string> Payloads(List<AccountId> accounts)
    {
        var payload = new StringBuilder(_self);
        foreach (AccountId account in accounts)
        {
            payload.Append(' ').Append(account.Value);
            if (payload.Length > MaxPayload - 20)
            {
                yield return payload.ToString();
                payload.Clear().Append(_self);
            }
        }

        if (payload.Length > _self.Length)
        {
            yield return payload.ToString();
        }
    }

    private async Task HearLoopAsync(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                await using NpgsqlConnection connection = await _connections.OpenAloneAsync(cancel);
                connection.Notification += (_, heard) => Hear(heard.Payload);
                await using (var listen = new NpgsqlCommand($"LISTEN {Channel}", connection))
                {
                    await listen.ExecuteNonQueryAsync(cancel);
                }

                while (true)
                {
                    await connection.WaitAsync(cancel);
                }
            }
            catch (NpgsqlException fault)
            {
                LogHearFailed(PostgresFault.Reason(fault));
                await PauseAsync(ReconnectPause, cancel);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private void Hear(string payload)
    {
        string[] words = payload.Split(' ');
        if (words[0] == _self)
        {
            return;
        }

        foreach (string word in words.AsSpan(1))
        {
            if (long.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out long account))
            {
                _feed.Signal(new AccountId(account));
            }
        }
    }

    private async Task PollLoopAsync(CancellationToken cancel)
    {
        var known = new Dictionary<long, long>();
        for (int poll = 1; !cancel.IsCancellationRequested; poll++)
        {
            await PauseAsync(PollInterval, cancel);
            if (poll % PollsPerQueueLook == 0)
            {
                _queue.Raise();
            }

            long[] accounts = [.. _feed.Accounts.Select(account => account.Value)];
            if (accounts.Length == 0)
            {
                known.Clear();
                continue;
            }

            try
            {
                known = await PollAsync(accounts, known, cancel);
            }
            catch (NpgsqlException)
            {
                // The next poll compares with the same state: nothing is missed.
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task<Dictionary<long, long>> PollAsync(long[] accounts, Dictionary<long, long> known, CancellationToken cancel)
    {
        var now = new Dictionary<long, long>(accounts.Length);
        await using NpgsqlConnection connection = await _connections.OpenAsync(cancel);
        await using var query = new NpgsqlCommand("SELECT account, modseq FROM account_counter WHERE account = ANY($1)", connection);
        query.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = accounts });
        await using NpgsqlDataReader reader = await query.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            now[reader.GetInt64(0)] = reader.GetInt64(1);
        }

        foreach ((long account, long modSeq) in now)
        {
            // Seen for the first time: something may have come between the session's first look and this one.
            if (!known.TryGetValue(account, out long before) || before != modSeq)
            {
                _feed.Signal(new AccountId(account));
            }
        }

        return now;
    }

    private static async Task PauseAsync(TimeSpan pause, CancellationToken cancel)
    {
        try
        {
            await Task.Delay(pause, TimeProvider.System, cancel);
        }
        catch (OperationCanceledException)
        {
            // The loop sees it.
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Other nodes were not told of changes and will find them by asking [{SqlState}]")]
    private partial void LogTellFailed(string? sqlState);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The connection on which other nodes are heard was lost and is made again: {Reason}")]
    private partial void LogHearFailed(string reason);
}
