using Posthorn.Core.Delivery;

namespace Posthorn.Core.Storage.Postgres;

/// <summary>The log of deliveries, in PostgreSQL.</summary>
internal sealed class PostgresDeliveryEvents(PostgresTransaction transaction) : IWriteDeliveryEvents
{
    public ValueTask<IReadOnlyList<DeliveryEvent>> ListAsync(string address, bool troubleOnly, int most) =>
        transaction.Use("""
            SELECT at, result, sender, recipient, host, reason FROM delivery_event
            WHERE result >= $1 AND ($2 = '' OR strpos(lower(sender), $2) > 0 OR strpos(lower(recipient), $2) > 0) ORDER BY id DESC LIMIT $3
            """).Bind(troubleOnly ? (int)DeliveryResult.Deferred : 0).Bind(address.ToLowerInvariant()).Bind(most)
            .AllAsync(static row => new DeliveryEvent(
                row.Time(0), (DeliveryResult)row.GetInt32(1), row.GetString(2), row.GetString(3), row.GetString(4), row.GetString(5)));

    public ValueTask InsertAsync(IReadOnlyList<DeliveryEvent> events, int kept)
    {
        foreach (DeliveryEvent line in events)
        {
            transaction.Use("INSERT INTO delivery_event(at, result, sender, recipient, host, reason) VALUES($1, $2, $3, $4, $5, $6)")
                .Bind(line.At).Bind((int)line.Result).Bind(line.Sender).Bind(line.Recipient).Bind(line.Host).Bind(line.Reason).Post();
        }

        transaction.Use("DELETE FROM delivery_event WHERE id <= (SELECT max(id) FROM delivery_event) - $1").Bind((long)kept).Post();
        return ValueTask.CompletedTask;
    }
}
