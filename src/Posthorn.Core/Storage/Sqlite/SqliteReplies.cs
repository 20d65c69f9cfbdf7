using Posthorn.Core.Forwarding;

namespace Posthorn.Core.Storage.Sqlite;

/// <summary>Vacation replies and forwarding in SQLite.</summary>
internal sealed class SqliteReplies(SqliteConnection connection) : IWriteReplies
{
    public ValueTask<AnsweredSender?> AnsweredAsync(AccountId account, string sender)
    {
        using SqliteStatement query = connection.Use("SELECT at, mark FROM vacation_sender WHERE account = ?1 AND sender = ?2").Bind(account.Value).Bind(sender);
        return ValueTask.FromResult(query.Step() ? new AnsweredSender(query.Time(0), query.Int64(1)) : null);
    }

    public ValueTask SetAnsweredAsync(AccountId account, string sender, AnsweredSender answered, int kept)
    {
        connection.Use("""
            INSERT INTO vacation_sender(account, sender, at, mark) VALUES(?1, ?2, ?3, ?4)
            ON CONFLICT(account, sender) DO UPDATE SET at = excluded.at, mark = excluded.mark
            """).Bind(account.Value).Bind(sender).Bind(answered.At).Bind(answered.Mark).Run();
        connection.Use("""
            DELETE FROM vacation_sender WHERE account = ?1 AND sender IN (SELECT sender FROM vacation_sender WHERE account = ?1 ORDER BY at DESC, sender LIMIT -1 OFFSET ?2)
            """).Bind(account.Value).Bind(kept).Run();
        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlyList<ForwardRow>> ForwardsAsync(AccountId account)
    {
        using SqliteStatement query = connection.Use("SELECT address, added, confirmed, code, expires, tries FROM forward WHERE account = ?1 ORDER BY added, address")
            .Bind(account.Value);
        var rows = new List<ForwardRow>();
        while (query.Step())
        {
            var forward = new ForwardAddress(query.Text(0), query.Time(1), query.IsNull(2) ? null : query.Time(2));
            rows.Add(new ForwardRow(forward, query.IsNull(3) ? null : query.Blob(3).ToArray(), query.Time(4), query.Int32(5)));
        }

        return ValueTask.FromResult<IReadOnlyList<ForwardRow>>(rows);
    }

    public ValueTask SetForwardAsync(AccountId account, ForwardRow row)
    {
        connection.Use("""
            INSERT INTO forward(account, address, added, confirmed, code, expires, tries) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)
            ON CONFLICT(account, address) DO UPDATE SET confirmed = excluded.confirmed, code = excluded.code, expires = excluded.expires, tries = excluded.tries
            """).Bind(account.Value).Bind(row.Forward.Address).Bind(row.Forward.Added).Bind(row.Forward.Confirmed).BindBlob(row.Code).Bind(row.Expires).Bind(row.Tries).Run();
        return ValueTask.CompletedTask;
    }

    public ValueTask<bool> DeleteForwardAsync(AccountId account, string address) => ValueTask.FromResult(
        connection.Use("DELETE FROM forward WHERE account = ?1 AND address = ?2").Bind(account.Value).Bind(address).Run() > 0);
}
