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
    private readonly PostgresAccountSettings _settings;
    private readonly PostgresScheduled _scheduled;
    private readonly PostgresSecurity _security;
    private readonly PostgresDeliveryEvents _deliveryEvents;
    private readonly PostgresReplies _replies;

    public PostgresSession(PostgresTransaction transaction)
    {
        _counters = new PostgresCounters(transaction);
        _directory = new PostgresDirectory(transaction, _counters);
        _mailboxes = new PostgresMailboxes(transaction, _counters);
        _messages = new PostgresMessages(transaction, _counters);
        _bodies = new PostgresBodies(transaction);
        _changes = new PostgresChanges(transaction, _entries);
        _queue = new PostgresQueue(transaction);
        _settings = new PostgresAccountSettings(transaction);
        _scheduled = new PostgresScheduled(transaction);
        Segments = new PostgresSegments(transaction);
        _security = new PostgresSecurity(transaction, _directory);
        _deliveryEvents = new PostgresDeliveryEvents(transaction);
        _replies = new PostgresReplies(transaction);
    }

    /// <summary>What is to be published after the commit.</summary>
    public IReadOnlyList<(AccountId Account, ChangeEntry Entry)> Entries => _entries;

    public PostgresCounters Counters => _counters;

    /// <summary>Segments of the search index: not of mail, so no part of what protocols see of the store.</summary>
    public PostgresSegments Segments { get; }

    public ValueTask<ModSeq> ModSeqAsync(AccountId account) => _counters.ModSeqAsync(account);

    IReadDirectory IReadSession.Directory => _directory;

    IReadMailboxes IReadSession.Mailboxes => _mailboxes;

    IReadMessages IReadSession.Messages => _messages;

    IReadBodies IReadSession.Bodies => _bodies;

    IReadChanges IReadSession.Changes => _changes;

    IReadQueue IReadSession.Queue => _queue;

    IReadAccountSettings IReadSession.Settings => _settings;

    IReadScheduled IReadSession.Scheduled => _scheduled;

    IReadSecurity IReadSession.Security => _security;

    IReadDeliveryEvents IReadSession.DeliveryEvents => _deliveryEvents;

    IReadReplies IReadSession.Replies => _replies;

    IWriteDirectory IWriteSession.Directory => _directory;

    IWriteMailboxes IWriteSession.Mailboxes => _mailboxes;

    IWriteMessages IWriteSession.Messages => _messages;

    IWriteBodies IWriteSession.Bodies => _bodies;

    IWriteChanges IWriteSession.Changes => _changes;

    IWriteQueue IWriteSession.Queue => _queue;

    IWriteAccountSettings IWriteSession.Settings => _settings;

    IWriteScheduled IWriteSession.Scheduled => _scheduled;

    IWriteSecurity IWriteSession.Security => _security;

    IWriteDeliveryEvents IWriteSession.DeliveryEvents => _deliveryEvents;

    IWriteReplies IWriteSession.Replies => _replies;
}
