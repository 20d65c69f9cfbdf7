namespace Posthorn.Server.Pop3.Commands;

/// <summary>UTF8: headers and addresses may come in UTF-8 (RFC 6856 §2). Messages are sent as they are either way.</summary>
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
