namespace Posthorn.Server.Pop3.Commands;

/// <summary>USER: the full address; accepted whoever it is, so that nobody learns who exists (RFC 1939 §7).</summary>
internal sealed record User(string Name) : IPop3Command
{
    public static IPop3Command Parse(Pop3Arguments arguments) =>
        string.IsNullOrWhiteSpace(arguments.Text) ? throw new Pop3SyntaxException("USER wants the full address") : new User(arguments.Text.Trim());

    public ValueTask<Pop3Reply> RunAsync(Pop3Session session, CancellationToken cancel)
    {
        session.UserName = Name;
        return new(Pop3Reply.Ok("now the password"));
    }
}
