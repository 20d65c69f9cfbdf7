using Posthorn.Server.Smtp.Grammar;

namespace Posthorn.Server.Smtp.Commands;

/// <summary>RSET: drops the message under way.</summary>
/// <remarks>RFC 5321 §4.1.1.5.</remarks>
internal sealed record Rset : ISmtpCommand
{
    private static readonly Rset Instance = new();

    public static ISmtpCommand Parse(ref SmtpReader reader)
    {
        reader.End("RSET stands alone");
        return Instance;
    }

    public async ValueTask<SmtpReply> RunAsync(SmtpSession session, CancellationToken cancel)
    {
        await session.EndTransactionAsync();
        return SmtpReply.Ok;
    }
}
