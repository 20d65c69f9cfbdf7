using System.Text;
using CsCheck;
using Posthorn.Standards.Mime;

namespace Posthorn.Tests.Standards.Mime;

public sealed class ReplyHeaderTests
{
    [Fact]
    public void Finds_everybody_whom_a_recipient_field_names()
    {
        ReplyHeader header = Read("""
            To: You <You+work@Example.Test>, (you) team: a@example.org, "b b"@example.org;
            Cc: =?utf-8?q?J=C3=BCrgen?= <c@example.org>
            Resent-To: d@example.org
            Resent-Cc: e@example.org
            Resent-Bcc: f@example.org
            Bcc: g@example.org,
              h@example.org
            Reply-To: no@example.org
            From: no@example.org
            Delivered-To: i@example.test
            Delivered-To: <j@example.test>

            To: body@example.org
            """);
        Assert.Equal(
            ["\"b b\"@example.org", "a@example.org", "c@example.org", "d@example.org", "e@example.org", "f@example.org", "g@example.org", "h@example.org", "you@example.test"],
            header.Recipients.Order(StringComparer.Ordinal));
        Assert.Equal(["i@example.test", "j@example.test"], header.DeliveredTo.Order(StringComparer.Ordinal));
        Assert.False(header.IsBulk || header.IsJunk || header.Summary.IsList || header.Summary.IsAutoSubmitted);
    }

    [Theory]
    [InlineData("Precedence: bulk", true)]
    [InlineData("PRECEDENCE:  List ", true)]
    [InlineData("Precedence: junk", true)]
    [InlineData("Precedence: first-class", false)]
    [InlineData("X-Auto-Response-Suppress: DR, OOF", true)]
    [InlineData("X-Auto-Response-Suppress: None", false)]
    public void Bulk(string field, bool expected) => Assert.Equal(expected, Read(field).IsBulk);

    [Theory]
    [InlineData("X-Spam-Flag: YES", true)]
    [InlineData("X-Spam-Flag: no", false)]
    public void Junk(string field, bool expected) => Assert.Equal(expected, Read(field).IsJunk);

    [Theory]
    // RFC 3834 §5
    [InlineData("Auto-Submitted: no", false)]
    [InlineData("Auto-Submitted: No (typed by hand)", false)]
    [InlineData("Auto-Submitted: no; owner-email=x", false)]
    [InlineData("Auto-Submitted: auto-generated", true)]
    [InlineData("Auto-Submitted: auto-replied (vacation)", true)]
    [InlineData("Auto-Submitted: notification", true)]
    [InlineData("Auto-Submitted:", true)]
    public void Automatic(string field, bool expected) => Assert.Equal(expected, Read(field).Summary.IsAutoSubmitted);

    [Fact]
    public void Never_throws() => Gen.Byte.Array[0, 400].Sample(octets => Assert.NotNull(ReplyHeader.Read([.. "To: "u8, .. octets])), iter: 2_000);

    private static ReplyHeader Read(string message) => ReplyHeader.Read(Encoding.UTF8.GetBytes(message.ReplaceLineEndings("\r\n") + "\r\n"));
}
