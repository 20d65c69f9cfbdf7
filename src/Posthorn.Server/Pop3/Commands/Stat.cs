namespace Posthorn.Server.Pop3.Commands;

/// <summary>STAT: messages and octets, as they are stored (RFC 1939 §5).</summary>
internal sealed record Stat : IPop3Command
{
    public static IPop3Command Parse(Pop3Arguments arguments)
    {
        arguments.None("STAT");
        return new Stat();
    }

    public ValueTask<Pop3Reply> RunAsync(Pop3Session session, CancellationToken cancel) =>
        new(Pop3Reply.Ok(FormattableString.Invariant($"{session.Maildrop!.Count} {session.Maildrop.SizeBytes}")));
}
