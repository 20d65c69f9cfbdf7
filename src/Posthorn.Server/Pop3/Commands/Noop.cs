namespace Posthorn.Server.Pop3.Commands;

/// <summary>NOOP (RFC 1939 §5).</summary>
internal sealed record Noop : IPop3Command
{
    public static IPop3Command Parse(Pop3Arguments arguments)
    {
        arguments.None("NOOP");
        return new Noop();
    }

    public ValueTask<Pop3Reply> RunAsync(Pop3Session session, CancellationToken cancel) => new(Pop3Reply.Ok("still here"));
}
