using Posthorn.Server.Smtp.Grammar;

namespace Posthorn.Server.Smtp.Commands;

/// <summary>EXPN: who is on a list; refused always.</summary>
/// <remarks>RFC 5321 §4.1.1.7.</remarks>
internal sealed record Expn : ISmtpCommand
{
    private static readonly Expn Instance = new();
    private static readonly SmtpReply NotImplemented = SmtpReply.Fixed(502, "5.5.1", "Lists are not expanded here");

    public static ISmtpCommand Parse(ref SmtpReader reader) => Instance;

    public ValueTask<SmtpReply> RunAsync(SmtpSession session, CancellationToken cancel) => new(NotImplemented);
}
