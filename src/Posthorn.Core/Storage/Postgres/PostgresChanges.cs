using Posthorn.Core.Changes;
using Posthorn.Core.Messages;

namespace Posthorn.Core.Storage.Postgres;

/// <summary>The change log in PostgreSQL. Entries written go to <paramref name="published"/> too.</summary>
internal sealed class PostgresChanges(PostgresTransaction transaction, List<(AccountId Account, ChangeEntry Entry)> published) : IWriteChanges
{
    // A transaction that says the same kind of change twice has one entry of both.
    private const string Insert = """
        INSERT INTO change_log(account, modseq, kind, collection, change, ids) VALUES($1, $2, $3, $4, $5, $6)
        ON CONFLICT(account, kind, collection, modseq, change, viewer) DO UPDATE SET ids = change_log.ids || ',' || excluded.ids
        """;

    public ValueTask<IReadOnlyList<ChangeEntry>> SinceAsync(AccountId account, CollectionKind kind, long collection, ModSeq modSeq) => transaction.Use("""
        SELECT modseq, change, ids FROM change_log WHERE account = $1 AND kind = $2 AND collection = $3 AND modseq > $4 ORDER BY modseq, change
        """).Bind(account.Value).Bind((int)kind).Bind(collection).Bind(modSeq.Value)
        .AllAsync(row => new ChangeEntry(new ModSeq(row.GetInt64(0)), kind, collection, (ChangeKind)row.GetInt32(1), UidSet.Parse(row.GetString(2))));

    public async ValueTask<ModSeq> OldestAsync(AccountId account) =>
        new(await transaction.Use("SELECT oldest_modseq FROM account_counter WHERE account = $1").Bind(account.Value).ScalarAsync<long>() ?? 0);

    public ValueTask AddAsync(AccountId account, ModSeq modSeq, CollectionKind kind, long collection, ChangeKind change, UidSet ids)
    {
        transaction.Use(Insert).Bind(account.Value).Bind(modSeq.Value).Bind((int)kind).Bind(collection).Bind((int)change).Bind(ids.ToString()).Post();
        published.Add((account, new ChangeEntry(modSeq, kind, collection, change, ids)));
        return ValueTask.CompletedTask;
    }
}
