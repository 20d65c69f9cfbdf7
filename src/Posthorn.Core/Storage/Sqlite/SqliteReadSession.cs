namespace Posthorn.Core.Storage.Sqlite;

/// <summary>The readers over one connection.</summary>
internal sealed class SqliteReadSession : IReadSession
{
    public SqliteReadSession(SqliteConnection connection)
    {
        var directory = new SqliteDirectory(connection);
        Directory = directory;
        Mailboxes = new SqliteMailboxes(connection);
        Messages = new SqliteMessages(connection);
        Bodies = new SqliteBodies(connection);
        Changes = new SqliteChanges(connection, []);
        Queue = new SqliteQueue(connection);
        Settings = new SqliteAccountSettings(connection);
        Scheduled = new SqliteScheduled(connection);
        Security = new SqliteSecurity(connection, directory);
        DeliveryEvents = new SqliteDeliveryEvents(connection);
        Replies = new SqliteReplies(connection);
    }

    public IReadDirectory Directory { get; }

    public IReadMailboxes Mailboxes { get; }

    public IReadMessages Messages { get; }

    public IReadBodies Bodies { get; }

    public IReadChanges Changes { get; }

    public IReadQueue Queue { get; }

    public IReadAccountSettings Settings { get; }

    public IReadScheduled Scheduled { get; }

    public IReadSecurity Security { get; }

    public IReadDeliveryEvents DeliveryEvents { get; }

    public IReadReplies Replies { get; }
}
