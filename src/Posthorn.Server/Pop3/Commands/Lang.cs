using System.Buffers;

namespace Posthorn.Server.Pop3.Commands;

/// <summary>LANG: the language of the texts in answers, which is English (RFC 6856 §3).</summary>
internal sealed record Lang(string? Tag) : IPop3Command
{
    public static IPop3Command Parse(Pop3Arguments arguments) => arguments.Words() switch
    {
        [] => new Lang((string?)null),
        [var tag] => new Lang(tag),
        _ => throw new Pop3SyntaxException("LANG wants one language or none"),
    };

    public ValueTask<Pop3Reply> RunAsync(Pop3Session session, CancellationToken cancel)
    {
        if (Tag is null)
        {
            session.Connection.Output.Write("+OK languages\r\nen English\r\ni-default Default\r\n.\r\n"u8);
            return new(Pop3Reply.Written);
        }

        bool isKnown = Tag is "*" || Tag.Equals("en", StringComparison.OrdinalIgnoreCase) || Tag.StartsWith("en-", StringComparison.OrdinalIgnoreCase)
            || Tag.Equals("i-default", StringComparison.OrdinalIgnoreCase);
        return new(isKnown ? Pop3Reply.Ok("en texts are English") : Pop3Reply.Error("That language is not spoken here"));
    }
}
