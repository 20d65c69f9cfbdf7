namespace Posthorn.Server.Pop3.Commands;

/// <summary>DELE: marks a message; it goes when QUIT commits (RFC 1939 §5).</summary>
internal sealed record Dele(int Number) : IPop3Command
{
    public static IPop3Command Parse(Pop3Arguments arguments) =>
        arguments.Words() is [var number] ? new Dele(Pop3Arguments.Number(number, 1)) : throw new Pop3SyntaxException("DELE wants a message number");

    public ValueTask<Pop3Reply> RunAsync(Pop3Session session, CancellationToken cancel)
    {
        if (session.Maildrop!.Find(Number) is null)
        {
            return new(Pop3Reply.Error("There is no such message"));
        }

        session.Maildrop.Delete(Number);
        return new(Pop3Reply.Ok("marked"));
    }
}
