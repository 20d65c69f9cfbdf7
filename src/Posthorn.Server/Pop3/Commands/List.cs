using System.Buffers;
using System.Text;
using Posthorn.Core.Maildrops;

namespace Posthorn.Server.Pop3.Commands;

/// <summary>LIST: sizes of all messages, or of one (RFC 1939 §5).</summary>
internal sealed record List(int? Number) : IPop3Command
{
    public static IPop3Command Parse(Pop3Arguments arguments) => arguments.Words() switch
    {
        [] => new List((int?)null),
        [var number] => new List(Pop3Arguments.Number(number, 1)),
        _ => throw new Pop3SyntaxException("LIST wants one message number or none"),
    };

    public ValueTask<Pop3Reply> RunAsync(Pop3Session session, CancellationToken cancel) =>
        new(Listing.Of(session, Number, static message => FormattableString.Invariant($"{message.SizeBytes}")));
}

/// <summary>The two forms that LIST and UIDL share: one line for a number, or all lines and a dot.</summary>
internal static class Listing
{
    public static Pop3Reply Of(Pop3Session session, int? number, Func<MaildropMessage, string> value)
    {
        if (number is { } one)
        {
            return session.Maildrop!.Find(one) is { } message
                ? Pop3Reply.Ok(FormattableString.Invariant($"{one} {value(message)}"))
                : Pop3Reply.Error("There is no such message");
        }

        var output = session.Connection.Output;
        Pop3Reply.Ok(FormattableString.Invariant($"{session.Maildrop!.Count} messages")).WriteTo(output);
        foreach ((int at, MaildropMessage message) in session.Maildrop.Live())
        {
            Encoding.ASCII.GetBytes(FormattableString.Invariant($"{at} {value(message)}\r\n"), output);
        }

        output.Write(".\r\n"u8);
        return Pop3Reply.Written;
    }
}
