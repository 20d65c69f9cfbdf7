using Posthorn.Server.Connections;

namespace Posthorn.Server.Pop3.Commands;

/// <summary>STLS: the connection goes on within TLS (RFC 2595 §4). Octets that follow the command in plain text end the connection.</summary>
internal sealed record Stls : IPop3Command
{
    private static readonly byte[] GoAhead = "+OK begin TLS now\r\n"u8.ToArray();

    public static IPop3Command Parse(Pop3Arguments arguments)
    {
        arguments.None("STLS");
        return new Stls();
    }

    public async ValueTask<Pop3Reply> RunAsync(Pop3Session session, CancellationToken cancel)
    {
        if (!session.Connection.CanStartTls)
        {
            return Pop3Reply.Error(session.Connection.IsTls ? "TLS is on already" : "TLS is not available here");
        }

        if (!await session.Connection.UpgradeToTlsAsync(GoAhead, cancel))
        {
            return new Pop3Reply(null, session.Connection.Reason ?? EndReason.TlsFailed);
        }

        session.Forget();
        return Pop3Reply.Written;
    }
}
