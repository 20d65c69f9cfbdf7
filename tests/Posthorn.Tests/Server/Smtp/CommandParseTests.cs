using System.Text;
using Posthorn.Server.Smtp;
using Posthorn.Server.Smtp.Commands;

namespace Posthorn.Tests.Server.Smtp;

/// <summary>Commands whose argument is short, and the table that finds them.</summary>
public sealed class CommandParseTests
{
    [Theory]
    [InlineData("EHLO client.example.net", "client.example.net")]
    [InlineData("EHLO [192.0.2.1]", "[192.0.2.1]")]
    [InlineData("EHLO under_score", "under_score")]
    [InlineData("EHLO x  ", "x")]
    public void Ehlo_takes_what_clients_say(string line, string name) => Assert.Equal(name, CommandParse.Line<Ehlo>(line).Name);

    [Theory]
    [InlineData("BDAT 0", 0, false)]
    [InlineData("BDAT 100", 100, false)]
    [InlineData("BDAT 0 LAST", 0, true)]
    [InlineData("BDAT 9223372036854775807 last", long.MaxValue, true)]
    public void Bdat_says_how_much_follows(string line, long size, bool isLast) =>
        Assert.Equal(new Bdat(size, isLast), CommandParse.Line<Bdat>(line));

    [Theory]
    [InlineData("BDAT")]
    [InlineData("BDAT LAST")]
    [InlineData("BDAT -1")]
    [InlineData("BDAT +1")]
    [InlineData("BDAT 1 FIRST")]
    [InlineData("BDAT 1 LAST LAST")]
    [InlineData("BDAT 0x10")]
    [InlineData("BDAT 9223372036854775808")]
    public void Bdat_that_cannot_be_read_ends_the_session(string line)
    {
        var malformed = Assert.Throws<SmtpSyntaxException>(() => CommandParse.Line(line));
        Assert.Equal(501, malformed.Reply.Code);
        Assert.NotNull(malformed.Reply.Ends);
    }

    [Theory]
    [InlineData("EHLO", "501 5.5.4")]
    [InlineData("HELO", "501 5.5.4")]
    [InlineData("EHLO \x01", "501 5.5.2")]
    [InlineData("DATA now", "501 5.5.4")]
    [InlineData("RSET x", "501 5.5.4")]
    [InlineData("QUIT x", "501 5.5.4")]
    [InlineData("STARTTLS x", "501 5.5.4")]
    [InlineData("VRFY", "501 5.5.4")]
    public void Malformed_lines_are_refused(string line, string reply) => Assert.Equal(reply, CommandParse.Refusal(line));

    [Fact]
    public void A_host_name_is_at_most_255_octets() => Assert.Equal("501 5.5.4", CommandParse.Refusal("EHLO " + new string('a', 256)));

    [Theory]
    [InlineData("mail")]
    [InlineData("MaIl")]
    public void Verbs_are_found_in_any_case(string verb) => Assert.Equal("MAIL", SmtpCommandTable.Find(Encoding.ASCII.GetBytes(verb))?.Verb);

    [Theory]
    [InlineData("")]
    [InlineData("MAILX")]
    [InlineData("M\xc1IL")]
    [InlineData("STARTTLSSTARTTLS")]
    public void What_is_no_verb_is_not_found(string verb) => Assert.Null(SmtpCommandTable.Find(Encoding.Latin1.GetBytes(verb)));
}
