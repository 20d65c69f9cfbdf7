using Npgsql;
using Posthorn.Core.Changes;
using Posthorn.Core.Messages;

namespace Posthorn.Core.Storage.Postgres;

/// <summary>The change log in PostgreSQL. Entries written go to <paramref name="published"/> too.</summary>
internal sealed class PostgresChanges(PostgresTransaction transaction, List<(AccountId Account, ChangeEntry Entry)> published) : IWriteChanges
{
    // A transaction that says the same kind of change twice has one entry of both.
    private const string Insert = """
        INSERT INTO change_log(account, modseq, kind, collection, change, ids, viewer) VALUES($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT(account, kind, collection, modseq, change, viewer) DO UPDATE SET ids = change_log.ids || ',' || excluded.ids
        """;

    private const string Select =
        "SELECT modseq, change, ids FROM change_log WHERE account = $1 AND kind = $2 AND collection = $3 AND modseq > $4 AND viewer = 0 ORDER BY modseq, change";

    private const string SelectOldest = "SELECT oldest_modseq FROM account_counter WHERE account = $1";

    private readonly ExpectedAnswers<AccountId, long> _oldest = new(transaction);
    private readonly ExpectedAnswers<(AccountId Account, MailboxId Mailbox, ModSeq Since), ChangedUids.Collector> _since = new(transaction);

    public ValueTask<IReadOnlyList<ChangeEntry>> SinceAsync(AccountId account, CollectionKind kind, long collection, ModSeq modSeq) =>
        transaction.Use(Select).Bind(account.Value).Bind((int)kind).Bind(collection).Bind(modSeq.Value)
        .AllAsync(row => new ChangeEntry(new ModSeq(row.GetInt64(0)), kind, collection, (ChangeKind)row.GetInt32(1), UidSet.Parse(row.GetString(2))));

    public void Expect(AccountId account, MailboxId mailbox, ModSeq modSeq)
    {
        _oldest.Ask(account, transaction.Use(SelectOldest).Bind(account.Value), static (_, row) => row.GetInt64(0));
        _since.Ask((account, mailbox, modSeq), Since(account, mailbox, modSeq), Add);
    }

    public async ValueTask<ChangedUids> UidsSinceAsync(AccountId account, MailboxId mailbox, ModSeq modSeq)
    {
        (bool isKnown, ChangedUids.Collector? uids) = await _since.TakeAsync((account, mailbox, modSeq));
        if (!isKnown)
        {
            await Since(account, mailbox, modSeq).EachAsync(row => uids = Add(uids, row));
        }

        return (uids ?? new ChangedUids.Collector()).Build();
    }

    public ValueTask<IReadOnlyList<ChangeEntry>> OfViewerAsync(AccountId account, MailboxId mailbox, AccountId viewer, ModSeq modSeq) => transaction.Use("""
        SELECT modseq, change, ids FROM change_log WHERE account = $1 AND kind = $2 AND collection = $3 AND modseq > $4 AND viewer = $5 ORDER BY modseq
        """).Bind(account.Value).Bind((int)CollectionKind.Mailbox).Bind(mailbox.Value).Bind(modSeq.Value).Bind(viewer.Value)
        .AllAsync(row => new ChangeEntry(
            new ModSeq(row.GetInt64(0)), CollectionKind.Mailbox, mailbox.Value, (ChangeKind)row.GetInt32(1), UidSet.Parse(row.GetString(2))));

    public async ValueTask<ModSeq> OldestAsync(AccountId account)
    {
        (bool isKnown, long oldest) = await _oldest.TakeAsync(account);
        return new ModSeq(isKnown ? oldest : await transaction.Use(SelectOldest).Bind(account.Value).ScalarAsync<long>() ?? 0);
    }

    private PostgresStatement Since(AccountId account, MailboxId mailbox, ModSeq modSeq) =>
        transaction.Use(Select).Bind(account.Value).Bind((int)CollectionKind.Mailbox).Bind(mailbox.Value).Bind(modSeq.Value);

    private static ChangedUids.Collector Add(ChangedUids.Collector? uids, NpgsqlDataReader row)
    {
        uids ??= new ChangedUids.Collector();
        uids.Add((ChangeKind)row.GetInt32(1), row.GetString(2));
        return uids;
    }

    public ValueTask AddAsync(AccountId account, ModSeq modSeq, CollectionKind kind, long collection, ChangeKind change, UidSet ids, AccountId viewer = default)
    {
        _since.Forget(asked => asked.Account == account);
        transaction.Use(Insert).Bind(account.Value).Bind(modSeq.Value).Bind((int)kind).Bind(collection).Bind((int)change).Bind(ids.ToString()).Bind(viewer.Value).Post();
        published.Add((account, new ChangeEntry(modSeq, kind, collection, change, ids)));
        return ValueTask.CompletedTask;
    }
}
