using Posthorn.Core.Delivery;

namespace Posthorn.Administration;

/// <param name="Address">Part of a sender or a recipient; empty: all.</param>
/// <param name="TroubleOnly">Without what went well.</param>
internal sealed record DeliveriesRequest(string Address = "", bool TroubleOnly = false);

/// <param name="Outcome">delivered, taken (waits in the queue), sent, delayed, returned, refused.</param>
/// <param name="Host">The other server or client; empty: none was asked.</param>
/// <param name="Reason">The reply as it was said.</param>
internal sealed record DeliveryInfo(DateTimeOffset At, string Outcome, string Sender, string Recipient, string Host, string Reason);

/// <summary><c>deliveries</c>: what became of recent mail, with the reason of every refusal.</summary>
internal static class DeliveryOperations
{
    public static readonly Operation<DeliveriesRequest, IReadOnlyList<DeliveryInfo>> List = new("deliveries", static async (context, request, cancel) =>
        (await context.Services.GetRequiredService<DeliveryLog>().ListAsync(context.Actor, request.Address, request.TroubleOnly, cancel))
            .Map<IReadOnlyList<DeliveryInfo>>(static lines => [.. lines.Select(Info)]))
    { LeavesStoreAsItIs = true };

    public static readonly Operation[] All = [List];

    private static DeliveryInfo Info(DeliveryEvent line) => new(
        line.At, Words(line.Result), line.Sender.Length == 0 ? "<>" : line.Sender, line.Recipient, line.Host, line.Reason);

    private static string Words(DeliveryResult result) => result switch
    {
        DeliveryResult.Delivered => "delivered",
        DeliveryResult.Queued => "taken",
        DeliveryResult.Sent => "sent",
        DeliveryResult.Deferred => "delayed",
        DeliveryResult.Returned => "returned",
        _ => "refused",
    };
}
