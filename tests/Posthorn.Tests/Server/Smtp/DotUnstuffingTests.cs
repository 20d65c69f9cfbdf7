using System.Text;
using CsCheck;
using Posthorn.Server.Smtp.Content;

namespace Posthorn.Tests.Server.Smtp;

/// <summary>RFC 5321 §4.5.2, and §2.3.8 for what is no line end.</summary>
public sealed class DotUnstuffingTests
{
    [Theory]
    [InlineData(".\r\n", "", "")]
    [InlineData("a\r\n.\r\n", "a\r\n", "")]
    [InlineData("a\r\n.\r\nQUIT\r\n", "a\r\n", "QUIT\r\n")]
    [InlineData("..\r\n.\r\n", ".\r\n", "")]
    [InlineData("a\r\n..b\r\n...\r\n.\r\n", "a\r\n.b\r\n..\r\n", "")]
    [InlineData(".a\r\n.\r\n", "a\r\n", "")]
    [InlineData("\r\n\r\n.\r\n", "\r\n\r\n", "")]
    [InlineData("a.\r\n.b.\r\n.\r\n", "a.\r\nb.\r\n", "")]
    public void Regular_data_ends_at_its_end(string sent, string message, string rest)
    {
        var read = Read(sent, sent.Length);
        Assert.Equal((message, rest, false), read);
        for (var piece = 1; piece < sent.Length; piece++)
        {
            Assert.Equal(read, Read(sent, piece));
        }
    }

    /// <summary>Ends that some server somewhere takes for one: here they are text, and the message is refused at its real end.</summary>
    [Theory]
    [InlineData("a\n.\nMAIL FROM:<x@example.net>\r\n.\r\n")]
    [InlineData("a\n.\r\nMAIL FROM:<x@example.net>\r\n.\r\n")]
    [InlineData("a\r\n.\nMAIL FROM:<x@example.net>\r\n.\r\n")]
    [InlineData("a\r.\rMAIL FROM:<x@example.net>\r\n.\r\n")]
    [InlineData("a\r\n.\rMAIL FROM:<x@example.net>\r\n.\r\n")]
    [InlineData("a\r.\r\nMAIL FROM:<x@example.net>\r\n.\r\n")]
    [InlineData("a\r\r\n.\rMAIL FROM:<x@example.net>\r\n.\r\n")]
    [InlineData("a\r\n.\r\rMAIL FROM:<x@example.net>\r\n.\r\n")]
    [InlineData("a\r\n.\r.\nMAIL FROM:<x@example.net>\r\n.\r\n")]
    [InlineData("a\r\n\0.\nMAIL FROM:<x@example.net>\r\n.\r\n")]
    [InlineData(".\nMAIL FROM:<x@example.net>\r\n.\r\n")]
    [InlineData(".\rMAIL FROM:<x@example.net>\r\n.\r\n")]
    [InlineData("\n.\r\nMAIL FROM:<x@example.net>\r\n.\r\n")]
    [InlineData("a\n\r\n.\r\n")]
    [InlineData("a\r\r\n.\r\n")]
    [InlineData("a\nb\r\n.\r\n")]
    [InlineData("a\rb\r\n.\r\n")]
    public void A_bare_line_end_is_remembered_and_ends_nothing(string sent)
    {
        for (var piece = 1; piece <= sent.Length; piece++)
        {
            var (_, rest, bare) = Read(sent, piece);
            Assert.True(bare);
            Assert.Equal("", rest);
        }
    }

    [Fact]
    public void Any_text_comes_through_as_the_plain_rules_say()
    {
        var letters = Gen.Int[0, 4].Select(i => "\r\n.ab"[i]).Array[0, 200].Select(Gen.Int[1, 70]);
        letters.Sample((text, piece) =>
        {
            var sent = new string(text) + "\r\n.\r\n";
            Assert.Equal(Plain(sent), Read(sent, piece) switch { (_, var rest, true) => ("", rest, true), var good => good });
        });
    }

    /// <summary>The rules octet by octet: slow, and easy to see to be right.</summary>
    private static (string Message, string After, bool IsBare) Plain(string sent)
    {
        var end = sent.StartsWith(".\r\n", StringComparison.Ordinal) ? -2 : sent.IndexOf("\r\n.\r\n", StringComparison.Ordinal);
        var text = sent[..(end + 2)];
        var rest = sent[(end + 5)..];
        var bare = text.Where((c, i) => c == '\r' ? i + 1 == text.Length || text[i + 1] != '\n' : c == '\n' && (i == 0 || text[i - 1] != '\r')).Any();
        var lines = text.Split("\r\n").Select(line => line.StartsWith('.') ? line[1..] : line);
        return (bare ? "" : string.Join("\r\n", lines), rest, bare);
    }

    private static (string Message, string After, bool IsBare) Read(string sent, int piece)
    {
        var octets = Encoding.Latin1.GetBytes(sent);
        var message = new StringBuilder();
        var dots = new DotUnstuffing();
        var position = 0;
        while (!dots.IsAtEnd && position < octets.Length)
        {
            var input = octets.AsSpan(position, Math.Min(piece - (position % piece), octets.Length - position));
            var taken = dots.Read(input, out var text);
            Assert.InRange(taken, 1, input.Length);
            message.Append(Encoding.Latin1.GetString(input[..taken][text]));
            position += taken;
        }
        Assert.True(dots.IsAtEnd);
        return (message.ToString(), sent[position..], dots.HasBareLineEnd);
    }
}
