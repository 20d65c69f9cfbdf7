using Posthorn.Server.Smtp.Grammar;

namespace Posthorn.Server.Smtp.Commands;

/// <summary>VRFY: whether a mailbox exists; nobody is told.</summary>
/// <remarks>RFC 5321 §4.1.1.6; the answer is that of §3.5.3 for a site that does not verify.</remarks>
internal sealed record Vrfy : ISmtpCommand
{
    private static readonly Vrfy Instance = new();
    private static readonly SmtpReply Unverified = SmtpReply.Fixed(252, "2.5.2", "Not verified; send the message and see");

    // vrfy = "VRFY" SP String CRLF
    public static ISmtpCommand Parse(ref SmtpReader reader) =>
        reader.AtEnd ? throw new SmtpSyntaxException("VRFY wants an address") : Instance;

    public ValueTask<SmtpReply> RunAsync(SmtpSession session, CancellationToken cancel) => new(Unverified);
}
