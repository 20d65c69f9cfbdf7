using Posthorn.Core.Delivery;

namespace Posthorn.Core.Storage;

/// <summary>The log of deliveries.</summary>
public interface IReadDeliveryEvents
{
    /// <summary>The newest first.</summary>
    /// <param name="address">Part of a sender or a recipient, in any case of letters; empty: all.</param>
    ValueTask<IReadOnlyList<DeliveryEvent>> ListAsync(string address, bool troubleOnly, int most);
}

public interface IWriteDeliveryEvents : IReadDeliveryEvents
{
    /// <param name="kept">As many events stay, the oldest go.</param>
    ValueTask InsertAsync(IReadOnlyList<DeliveryEvent> events, int kept);
}
