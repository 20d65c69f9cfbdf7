namespace Posthorn.Core.Storage.Sqlite;

/// <summary>The readers over one connection.</summary>
internal sealed class SqliteReadSession(SqliteConnection connection) : IReadSession
{
    public IReadDirectory Directory { get; } = new SqliteDirectory(connection);

    public IReadMailboxes Mailboxes { get; } = new SqliteMailboxes(connection);

    public IReadMessages Messages { get; } = new SqliteMessages(connection);

    public IReadBodies Bodies { get; } = new SqliteBodies(connection);

    public IReadChanges Changes { get; } = new SqliteChanges(connection, []);

    public IReadQueue Queue { get; } = new SqliteQueue(connection);

    public IReadAccountSettings Settings { get; } = new SqliteAccountSettings(connection);

    public IReadScheduled Scheduled { get; } = new SqliteScheduled(connection);

    public IReadSecurity Security { get; } = new SqliteSecurity(connection);

    public IReadDeliveryEvents DeliveryEvents { get; } = new SqliteDeliveryEvents(connection);

    public IReadReplies Replies { get; } = new SqliteReplies(connection);
}
