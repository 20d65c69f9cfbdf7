using Npgsql;

namespace Posthorn.Core.Storage.Postgres;

/// <summary>
/// The counters of the accounts that a transaction holds: numbers are given out here and written once, with the commit or before somebody reads them. The
/// rows are locked from the first statement on, so no other node gives out the same.
/// </summary>
internal sealed class PostgresCounters(PostgresTransaction transaction)
{
    // In the order of ids: two transactions that want the same accounts never wait for each other crosswise.
    private const string Lock = """
        SELECT account, modseq, next_mailbox, next_email FROM account_counter WHERE account = ANY($1) ORDER BY account FOR NO KEY UPDATE
        """;

    private const string Write = """
        UPDATE account_counter SET modseq = $2, next_mailbox = $3, next_email = $4, used = used + $5, messages = messages + $6 WHERE account = $1
        """;

    private readonly Dictionary<AccountId, Counter> _counters = [];

    /// <summary>Locks the accounts with the next round trip.</summary>
    public void Take(ReadOnlyMemory<AccountId> accounts)
    {
        if (!accounts.IsEmpty)
        {
            transaction.Use(Lock).Bind(Array.ConvertAll(accounts.ToArray(), static account => account.Value)).Post(Keep);
        }
    }

    /// <summary>What follows is another write of the transaction, with a modseq of its own: who was told the one before must notice this one.</summary>
    public void BeginWrite()
    {
        foreach (Counter counter in _counters.Values)
        {
            counter.HasModSeq = false;
        }
    }

    /// <summary>This write's modseq: the same for all calls.</summary>
    public async ValueTask<ModSeq> ModSeqAsync(AccountId account)
    {
        Counter counter = await CounterAsync(account);
        if (!counter.HasModSeq)
        {
            counter.HasModSeq = counter.IsChanged = true;
            counter.ModSeq++;
        }

        return new ModSeq(counter.ModSeq);
    }

    public async ValueTask<long> NextMailboxAsync(AccountId account)
    {
        Counter counter = await CounterAsync(account);
        counter.IsChanged = true;
        return counter.NextMailbox++;
    }

    public async ValueTask<EmailId> NextEmailAsync(AccountId account)
    {
        Counter counter = await CounterAsync(account);
        counter.IsChanged = true;
        return new EmailId(counter.NextEmail++);
    }

    public async ValueTask AddUsageAsync(AccountId account, long bytes, long messages)
    {
        if (await FindAsync(account) is { } counter)
        {
            counter.IsChanged = true;
            counter.Used += bytes;
            counter.Messages += messages;
        }
    }

    /// <summary>The account's row is locked by this transaction: nobody else changes what is the account's.</summary>
    public bool Holds(AccountId account) => _counters.ContainsKey(account);

    /// <summary>Of an account that it holds: the last that was given out.</summary>
    public ModSeq LastModSeq(AccountId account) => new(_counters[account].ModSeq);

    /// <summary>Posts what changed.</summary>
    public void Post()
    {
        foreach ((AccountId account, Counter counter) in _counters)
        {
            if (counter.IsChanged)
            {
                transaction.Use(Write).Bind(account.Value).Bind(counter.ModSeq).Bind(counter.NextMailbox).Bind(counter.NextEmail).Bind(counter.Used)
                    .Bind(counter.Messages).Post();
                (counter.IsChanged, counter.Used, counter.Messages) = (false, 0, 0);
            }
        }
    }

    /// <summary>The account has gone: nothing is to be written of it.</summary>
    public void Forget(AccountId account) => _counters.Remove(account);

    private async ValueTask<Counter> CounterAsync(AccountId account) =>
        await FindAsync(account) ?? throw new InvalidOperationException($"Account {account} has no counters.");

    private async ValueTask<Counter?> FindAsync(AccountId account)
    {
        if (!_counters.ContainsKey(account))
        {
            // Its lock is still on its way, or it is an account that this transaction made or came upon later.
            await transaction.FlushAsync();
        }

        if (!_counters.ContainsKey(account))
        {
            await transaction.Use(Lock).Bind([account.Value]).EachAsync(Keep);
        }

        return _counters.GetValueOrDefault(account);
    }

    private void Keep(NpgsqlDataReader row) => _counters[new AccountId(row.GetInt64(0))] = new Counter
    {
        ModSeq = row.GetInt64(1),
        NextMailbox = row.GetInt64(2),
        NextEmail = row.GetInt64(3),
    };

    private sealed class Counter
    {
        public long ModSeq { get; set; }

        public bool HasModSeq { get; set; }

        public long NextMailbox { get; set; }

        public long NextEmail { get; set; }

        /// <summary>Octets to add.</summary>
        public long Used { get; set; }

        /// <summary>Messages to add.</summary>
        public long Messages { get; set; }

        public bool IsChanged { get; set; }
    }
}
