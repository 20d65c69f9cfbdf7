using Posthorn.Core.Delivery;

namespace Posthorn.Core.Storage.Sqlite;

/// <summary>The log of deliveries, in SQLite.</summary>
internal sealed class SqliteDeliveryEvents(SqliteConnection connection) : IWriteDeliveryEvents
{
    public ValueTask<IReadOnlyList<DeliveryEvent>> ListAsync(string address, bool troubleOnly, int most)
    {
        using SqliteStatement query = connection.Use("""
            SELECT at, result, sender, recipient, host, reason FROM delivery_event
            WHERE result >= ?1 AND (?2 = '' OR instr(lower(sender), ?2) > 0 OR instr(lower(recipient), ?2) > 0) ORDER BY id DESC LIMIT ?3
            """).Bind(troubleOnly ? (long)DeliveryResult.Deferred : 0).Bind(address.ToLowerInvariant()).Bind(most);
        var found = new List<DeliveryEvent>();
        while (query.Step())
        {
            found.Add(new DeliveryEvent(query.Time(0), (DeliveryResult)query.Int32(1), query.Text(2), query.Text(3), query.Text(4), query.Text(5)));
        }

        return ValueTask.FromResult<IReadOnlyList<DeliveryEvent>>(found);
    }

    public ValueTask InsertAsync(IReadOnlyList<DeliveryEvent> events, int kept)
    {
        foreach (DeliveryEvent line in events)
        {
            connection.Use("INSERT INTO delivery_event(at, result, sender, recipient, host, reason) VALUES(?1, ?2, ?3, ?4, ?5, ?6)")
                .Bind(line.At).Bind((long)line.Result).Bind(line.Sender).Bind(line.Recipient).Bind(line.Host).Bind(line.Reason).Run();
        }

        connection.Use("DELETE FROM delivery_event WHERE id <= (SELECT max(id) FROM delivery_event) - ?1").Bind(kept).Run();
        return ValueTask.CompletedTask;
    }
}
