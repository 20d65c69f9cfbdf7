namespace Posthorn.Server.Pop3.Commands;

/// <summary>UTF8: headers and addresses may come in UTF-8 (RFC 6856 §2). Messages are sent as they are either way.</summary>
// Deviates from RFC 6856 §2.1: who did not say UTF8 gets such a message as it is. A refusal would stop a program at it each time it fetches, and a message
// written anew would no longer be what its signature covers.
internal sealed record Utf8 : IPop3Command
{
    public static IPop3Command Parse(Pop3Arguments arguments)
    {
        arguments.None("UTF8");
        return new Utf8();
    }

    public ValueTask<Pop3Reply> RunAsync(Pop3Session session, CancellationToken cancel)
    {
        session.IsUtf8 = true;
        return new(Pop3Reply.Ok("UTF-8 it is"));
    }
}
