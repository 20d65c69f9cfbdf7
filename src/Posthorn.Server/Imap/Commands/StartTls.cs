using Posthorn.Server.Connections;

namespace Posthorn.Server.Imap.Commands;

/// <summary>STARTTLS: what was said before counts no more, and bytes behind the command end the connection.</summary>
/// <remarks>RFC 9051 §6.2.1.</remarks>
internal sealed record StartTls : IImapCommand<StartTls>
{
    private static readonly StartTls Instance = new();

    public static StartTls Parse(ref ImapReader reader) => Instance;

    public async ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel)
    {
        if (!session.Connection.CanStartTls)
        {
            return session.Connection.IsTls ? ImapResult.Bad("TLS is on already") : ImapResult.No(ResponseCode.Unavailable, "There is no certificate for TLS");
        }

        byte[] goAhead = [.. session.Tag, .. " OK Begin TLS now\r\n"u8];
        await session.Writer.FlushAsync(cancel);
        if (await session.Connection.UpgradeToTlsAsync(goAhead, cancel))
        {
            session.Forget();
        }
        else
        {
            session.End = session.Connection.Reason ?? EndReason.TlsFailed;
        }

        return ImapResult.Replied;
    }
}
