using Posthorn.Server.Connections;
using Posthorn.Server.Smtp.Grammar;

namespace Posthorn.Server.Smtp.Commands;

/// <summary>STARTTLS: the connection goes on within TLS, and the session begins anew.</summary>
/// <remarks>RFC 3207 §4. Octets that follow the command in plain text end the connection.</remarks>
internal sealed record StartTls : ISmtpCommand
{
    private static readonly byte[] GoAhead = "220 2.0.0 Begin TLS now\r\n"u8.ToArray();
    private static readonly SmtpReply AlreadyOn = SmtpReply.Fixed(503, "5.5.1", "TLS is on already");
    private static readonly SmtpReply NotAvailable = SmtpReply.Fixed(454, "4.7.0", "TLS is not available here");

    public static ISmtpCommand Parse(ref SmtpReader reader)
    {
        reader.End("STARTTLS stands alone");
        return new StartTls();
    }

    public async ValueTask<SmtpReply> RunAsync(SmtpSession session, CancellationToken cancel)
    {
        if (!session.Connection.CanStartTls)
        {
            return session.Connection.IsTls ? AlreadyOn : NotAvailable;
        }
        if (!await session.Connection.UpgradeToTlsAsync(GoAhead, cancel))
        {
            return SmtpReply.Silence(session.Connection.Reason ?? EndReason.TlsFailed);
        }
        session.Forget();
        return SmtpReply.Nothing;
    }
}
