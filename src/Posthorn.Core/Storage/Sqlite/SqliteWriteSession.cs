using Posthorn.Core.Changes;

namespace Posthorn.Core.Storage.Sqlite;

/// <summary>The writers over one connection, for the closures of one group.</summary>
internal sealed class SqliteWriteSession : IWriteSession
{
    private const string NextModSeq = "UPDATE account_counter SET modseq = modseq + 1 WHERE account = ?1 RETURNING modseq";

    private readonly SqliteConnection _connection;
    private readonly Dictionary<AccountId, ModSeq> _modSeqs = [];
    private readonly List<(AccountId Account, ChangeEntry Entry)> _entries = [];

    public SqliteWriteSession(SqliteConnection connection)
    {
        _connection = connection;
        var directory = new SqliteDirectory(connection);
        Directory = directory;
        Mailboxes = new SqliteMailboxes(connection);
        Messages = new SqliteMessages(connection);
        Bodies = new SqliteBodies(connection);
        Changes = new SqliteChanges(connection, _entries);
        Queue = new SqliteQueue(connection);
        Settings = new SqliteAccountSettings(connection);
        Scheduled = new SqliteScheduled(connection);
        Security = new SqliteSecurity(connection, directory);
        DeliveryEvents = new SqliteDeliveryEvents(connection);
        Replies = new SqliteReplies(connection);
    }

    public SqliteConnection Connection => _connection;

    public IWriteDirectory Directory { get; }

    public IWriteMailboxes Mailboxes { get; }

    public IWriteMessages Messages { get; }

    public IWriteBodies Bodies { get; }

    public IWriteChanges Changes { get; }

    public IWriteQueue Queue { get; }

    public IWriteAccountSettings Settings { get; }

    public IWriteScheduled Scheduled { get; }

    public IWriteSecurity Security { get; }

    public IWriteDeliveryEvents DeliveryEvents { get; }

    public IWriteReplies Replies { get; }

    /// <summary>What the closures of the group changed, to be published.</summary>
    public IReadOnlyList<(AccountId Account, ChangeEntry Entry)> Entries => _entries;

    /// <summary>Before a closure; gives the mark for <see cref="Undo"/>.</summary>
    public int Begin()
    {
        _modSeqs.Clear();
        return _entries.Count;
    }

    /// <summary>Forgets what a failed closure had to publish.</summary>
    public void Undo(int mark) => _entries.RemoveRange(mark, _entries.Count - mark);

    public ValueTask<ModSeq> ModSeqAsync(AccountId account)
    {
        if (!_modSeqs.TryGetValue(account, out ModSeq modSeq))
        {
            using SqliteStatement next = _connection.Use(NextModSeq).Bind(account.Value);
            modSeq = next.Step() ? new ModSeq(next.Int64(0)) : throw new InvalidOperationException($"Account {account} has no counters.");
            _modSeqs[account] = modSeq;
        }

        return ValueTask.FromResult(modSeq);
    }
}
