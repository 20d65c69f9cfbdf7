namespace Posthorn.Server.Pop3.Commands;

/// <summary>UIDL: ids that a message keeps for ever (RFC 1939 §7).</summary>
internal sealed record Uidl(int? Number) : IPop3Command
{
    public static IPop3Command Parse(Pop3Arguments arguments) => arguments.Words() switch
    {
        [] => new Uidl((int?)null),
        [var number] => new Uidl(Pop3Arguments.Number(number, 1)),
        _ => throw new Pop3SyntaxException("UIDL wants one message number or none"),
    };

    public ValueTask<Pop3Reply> RunAsync(Pop3Session session, CancellationToken cancel) => new(Listing.Of(session, Number, static message => message.Uidl));
}
