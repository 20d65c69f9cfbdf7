using Posthorn.Server.Smtp.Grammar;

namespace Posthorn.Server.Smtp.Commands;

/// <summary>QUIT: the end; a message under way is dropped.</summary>
/// <remarks>RFC 5321 §4.1.1.10.</remarks>
internal sealed record Quit : ISmtpCommand
{
    private static readonly Quit Instance = new();

    public static ISmtpCommand Parse(ref SmtpReader reader)
    {
        reader.End("QUIT stands alone");
        return Instance;
    }

    public async ValueTask<SmtpReply> RunAsync(SmtpSession session, CancellationToken cancel)
    {
        await session.EndTransactionAsync();
        return session.Server.Goodbye;
    }
}
