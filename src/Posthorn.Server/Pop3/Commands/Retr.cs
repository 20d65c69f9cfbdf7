namespace Posthorn.Server.Pop3.Commands;

/// <summary>RETR: a whole message (RFC 1939 §5). It is not marked as read: a client that only downloads says nothing about reading.</summary>
internal sealed record Retr(int Number) : IPop3Command
{
    public static IPop3Command Parse(Pop3Arguments arguments) =>
        arguments.Words() is [var number] ? new Retr(Pop3Arguments.Number(number, 1)) : throw new Pop3SyntaxException("RETR wants a message number");

    public ValueTask<Pop3Reply> RunAsync(Pop3Session session, CancellationToken cancel) => MessageText.SendAsync(session, Number, null, cancel);
}
