using Posthorn.Core.Forwarding;

namespace Posthorn.Core.Storage.Postgres;

/// <summary>Vacation replies and forwarding in PostgreSQL.</summary>
internal sealed class PostgresReplies(PostgresTransaction transaction) : IWriteReplies
{
    public ValueTask<AnsweredSender?> AnsweredAsync(AccountId account, string sender) =>
        transaction.Use("SELECT at, mark FROM vacation_sender WHERE account = $1 AND sender = $2").Bind(account.Value).Bind(sender)
            .FirstAsync(static row => new AnsweredSender(row.Time(0), row.GetInt64(1)));

    public ValueTask SetAnsweredAsync(AccountId account, string sender, AnsweredSender answered, int kept)
    {
        transaction.Use("""
            INSERT INTO vacation_sender(account, sender, at, mark) VALUES($1, $2, $3, $4)
            ON CONFLICT(account, sender) DO UPDATE SET at = excluded.at, mark = excluded.mark
            """).Bind(account.Value).Bind(sender).Bind(answered.At).Bind(answered.Mark).Post();
        transaction.Use("""
            DELETE FROM vacation_sender WHERE account = $1 AND sender IN (SELECT sender FROM vacation_sender WHERE account = $1 ORDER BY at DESC, sender OFFSET $2)
            """).Bind(account.Value).Bind((long)kept).Post();
        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlyList<ForwardRow>> ForwardsAsync(AccountId account) =>
        transaction.Use("SELECT address, added, confirmed, code, expires, tries FROM forward WHERE account = $1 ORDER BY added, address").Bind(account.Value)
            .AllAsync(static row => new ForwardRow(
                new ForwardAddress(row.GetString(0), row.Time(1), row.NullableTime(2)), row.NullableBlob(3), row.Time(4), row.GetInt32(5)));

    public ValueTask SetForwardAsync(AccountId account, ForwardRow row)
    {
        transaction.Use("""
            INSERT INTO forward(account, address, added, confirmed, code, expires, tries) VALUES($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT(account, address) DO UPDATE SET confirmed = excluded.confirmed, code = excluded.code, expires = excluded.expires, tries = excluded.tries
            """).Bind(account.Value).Bind(row.Forward.Address).Bind(row.Forward.Added).Bind(row.Forward.Confirmed).Bind(row.Code).Bind(row.Expires).Bind(row.Tries).Post();
        return ValueTask.CompletedTask;
    }

    public async ValueTask<bool> DeleteForwardAsync(AccountId account, string address) =>
        await transaction.Use("DELETE FROM forward WHERE account = $1 AND address = $2").Bind(account.Value).Bind(address).RunAsync() > 0;
}
