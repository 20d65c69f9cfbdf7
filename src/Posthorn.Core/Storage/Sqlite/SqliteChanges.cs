using Posthorn.Core.Changes;
using Posthorn.Core.Messages;

namespace Posthorn.Core.Storage.Sqlite;

/// <summary>The change log in SQLite. Entries written go to <paramref name="published"/> too.</summary>
internal sealed class SqliteChanges(SqliteConnection connection, List<(AccountId Account, ChangeEntry Entry)> published) : IWriteChanges
{
    // A transaction that says the same kind of change twice has one entry of both.
    private const string Insert = """
        INSERT INTO change_log(account, modseq, kind, collection, change, ids, viewer) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)
        ON CONFLICT(account, kind, collection, modseq, change, viewer) DO UPDATE SET ids = change_log.ids || ',' || excluded.ids
        """;

    private const string Select =
        "SELECT modseq, change, ids FROM change_log WHERE account = ?1 AND kind = ?2 AND collection = ?3 AND modseq > ?4 AND viewer = 0 ORDER BY modseq, change";

    private const string SelectOfViewer =
        "SELECT modseq, change, ids FROM change_log WHERE account = ?1 AND kind = ?2 AND collection = ?3 AND modseq > ?4 AND viewer = ?5 ORDER BY modseq";

    public ValueTask<IReadOnlyList<ChangeEntry>> SinceAsync(AccountId account, CollectionKind kind, long collection, ModSeq modSeq)
    {
        using SqliteStatement query = connection.Use(Select).Bind(account.Value).Bind((long)kind).Bind(collection).Bind(modSeq.Value);
        var entries = new List<ChangeEntry>();
        while (query.Step())
        {
            entries.Add(new ChangeEntry(new ModSeq(query.Int64(0)), kind, collection, (ChangeKind)query.Int32(1), UidSet.Parse(query.Text(2))));
        }

        return ValueTask.FromResult<IReadOnlyList<ChangeEntry>>(entries);
    }

    public ValueTask<ChangedUids> UidsSinceAsync(AccountId account, MailboxId mailbox, ModSeq modSeq)
    {
        using SqliteStatement query = connection.Use(Select).Bind(account.Value).Bind((long)CollectionKind.Mailbox).Bind(mailbox.Value).Bind(modSeq.Value);
        var uids = new ChangedUids.Collector();
        while (query.Step())
        {
            uids.Add((ChangeKind)query.Int32(1), query.Text(2));
        }

        return ValueTask.FromResult(uids.Build());
    }

    public ValueTask<IReadOnlyList<ChangeEntry>> OfViewerAsync(AccountId account, MailboxId mailbox, AccountId viewer, ModSeq modSeq)
    {
        using SqliteStatement query = connection.Use(SelectOfViewer)
            .Bind(account.Value).Bind((long)CollectionKind.Mailbox).Bind(mailbox.Value).Bind(modSeq.Value).Bind(viewer.Value);
        var entries = new List<ChangeEntry>();
        while (query.Step())
        {
            entries.Add(new ChangeEntry(
                new ModSeq(query.Int64(0)), CollectionKind.Mailbox, mailbox.Value, (ChangeKind)query.Int32(1), UidSet.Parse(query.Text(2))));
        }

        return ValueTask.FromResult<IReadOnlyList<ChangeEntry>>(entries);
    }

    public ValueTask<ModSeq> OldestAsync(AccountId account)
    {
        using SqliteStatement query = connection.Use("SELECT oldest_modseq FROM account_counter WHERE account = ?1").Bind(account.Value);
        return ValueTask.FromResult(new ModSeq(query.Step() ? query.Int64(0) : 0));
    }

    public ValueTask AddAsync(AccountId account, ModSeq modSeq, CollectionKind kind, long collection, ChangeKind change, UidSet ids, AccountId viewer = default)
    {
        connection.Use(Insert).Bind(account.Value).Bind(modSeq.Value).Bind((long)kind).Bind(collection).Bind((long)change).Bind(ids.ToString()).Bind(viewer.Value).Run();
        published.Add((account, new ChangeEntry(modSeq, kind, collection, change, ids)));
        return ValueTask.CompletedTask;
    }
}
