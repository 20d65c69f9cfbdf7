using Posthorn.Core.Changes;

namespace Posthorn.Core.Storage.Postgres;

/// <summary>The rows over one transaction. A reader is handed the same object as <see cref="IReadSession"/>, in a transaction that cannot write.</summary>
internal sealed class PostgresSession : IReadSession, IWriteSession
{
    private readonly PostgresCounters _counters;
    private readonly List<(AccountId Account, ChangeEntry Entry)> _entries = [];
    private readonly PostgresDirectory _directory;
    private readonly PostgresMailboxes _mailboxes;
    private readonly PostgresMessages _messages;
    private readonly PostgresBodies _bodies;
    private readonly PostgresChanges _changes;
    private readonly PostgresQueue _queue;

    public PostgresSession(PostgresTransaction transaction)
    {
        _counters = new PostgresCounters(transaction);
        _directory = new PostgresDirectory(transaction, _counters);
        _mailboxes = new PostgresMailboxes(transaction, _counters);
        _messages = new PostgresMessages(transaction, _counters);
        _bodies = new PostgresBodies(transaction);
        _changes = new PostgresChanges(transaction, _entries);
        _queue = new PostgresQueue(transaction);
    }

    /// <summary>What is to be published after the commit.</summary>
    public IReadOnlyList<(AccountId Account, ChangeEntry Entry)> Entries => _entries;

    public PostgresCounters Counters => _counters;

    public ValueTask<ModSeq> ModSeqAsync(AccountId account) => _counters.ModSeqAsync(account);

    IReadDirectory IReadSession.Directory => _directory;

    IReadMailboxes IReadSession.Mailboxes => _mailboxes;

    IReadMessages IReadSession.Messages => _messages;

    IReadBodies IReadSession.Bodies => _bodies;

    IReadChanges IReadSession.Changes => _changes;

    IReadQueue IReadSession.Queue => _queue;

    IWriteDirectory IWriteSession.Directory => _directory;

    IWriteMailboxes IWriteSession.Mailboxes => _mailboxes;

    IWriteMessages IWriteSession.Messages => _messages;

    IWriteBodies IWriteSession.Bodies => _bodies;

    IWriteChanges IWriteSession.Changes => _changes;

    IWriteQueue IWriteSession.Queue => _queue;
}
