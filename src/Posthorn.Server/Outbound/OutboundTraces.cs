using System.Diagnostics;
using Posthorn.Core.Queue;

namespace Posthorn.Server.Outbound;

/// <summary>A trace of each try to deliver a message to one domain.</summary>
internal static class OutboundTraces
{
    private static readonly ActivitySource Source = new("Posthorn.Outbound");

    /// <summary>Null when nobody looks.</summary>
    public static Activity? Deliver(QueuedMail mail)
    {
        Activity? activity = Source.StartActivity("deliver message", ActivityKind.Client);
        activity?.SetTag("posthorn.envelope", mail.Id.Value).SetTag("posthorn.domain", mail.Domain).SetTag("posthorn.recipients", mail.Recipients.Count);
        return activity;
    }

    public static void Ended(Activity? activity, IReadOnlyList<DeliveryOutcome> outcomes)
    {
        if (activity is null)
        {
            return;
        }

        int delivered = outcomes.Count(static outcome => outcome.Status == DeliveryStatus.Delivered);
        activity.SetTag("posthorn.delivered", delivered).SetStatus(delivered == outcomes.Count ? ActivityStatusCode.Ok : ActivityStatusCode.Error);
    }
}
