namespace Posthorn.Server.Pop3.Commands;

/// <summary>TOP: the header and so many lines of the body (RFC 1939 §7).</summary>
internal sealed record Top(int Number, int Lines) : IPop3Command
{
    public static IPop3Command Parse(Pop3Arguments arguments) => arguments.Words() is [var number, var lines]
        ? new Top(Pop3Arguments.Number(number, 1), Pop3Arguments.Number(lines, 0))
        : throw new Pop3SyntaxException("TOP wants a message number and a count of lines");

    public ValueTask<Pop3Reply> RunAsync(Pop3Session session, CancellationToken cancel) => MessageText.SendAsync(session, Number, Lines, cancel);
}
