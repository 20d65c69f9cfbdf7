namespace Posthorn.Server.Pop3.Commands;

/// <summary>RSET: nothing is marked for deletion any more (RFC 1939 §5).</summary>
internal sealed record Rset : IPop3Command
{
    public static IPop3Command Parse(Pop3Arguments arguments)
    {
        arguments.None("RSET");
        return new Rset();
    }

    public ValueTask<Pop3Reply> RunAsync(Pop3Session session, CancellationToken cancel)
    {
        session.Maildrop!.Reset();
        return new(Pop3Reply.Ok("nothing is marked"));
    }
}
