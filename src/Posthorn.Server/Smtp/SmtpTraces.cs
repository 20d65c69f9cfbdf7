using System.Diagnostics;

namespace Posthorn.Server.Smtp;

/// <summary>A trace of each message that came in: from its last octet to the answer. Nothing is traced by the command, and no address is in it.</summary>
internal static class SmtpTraces
{
    private static readonly ActivitySource Source = new("Posthorn.Smtp");

    /// <summary>Null when nobody looks.</summary>
    public static Activity? Accept(SmtpSession session)
    {
        Activity? activity = Source.StartActivity("accept message", ActivityKind.Server);
        activity?.SetTag("posthorn.transaction", session.Transaction!.Id)
            .SetTag("posthorn.listener", session.Connection.Listener.Options.Name)
            .SetTag("posthorn.recipients", session.Transaction.Recipients.Count);
        return activity;
    }

    public static void Answered(Activity? activity, SmtpReply reply) =>
        activity?.SetTag("posthorn.reply", reply.Code).SetStatus(reply.IsPositive ? ActivityStatusCode.Ok : ActivityStatusCode.Error);
}
