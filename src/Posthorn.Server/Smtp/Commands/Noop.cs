using Posthorn.Server.Smtp.Grammar;

namespace Posthorn.Server.Smtp.Commands;

/// <summary>NOOP: nothing but an answer; an argument is ignored.</summary>
/// <remarks>RFC 5321 §4.1.1.9.</remarks>
internal sealed record Noop : ISmtpCommand
{
    private static readonly Noop Instance = new();

    public static ISmtpCommand Parse(ref SmtpReader reader) => Instance;

    public ValueTask<SmtpReply> RunAsync(SmtpSession session, CancellationToken cancel) => new(SmtpReply.Ok);
}
