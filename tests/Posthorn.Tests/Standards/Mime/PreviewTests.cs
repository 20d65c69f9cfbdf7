using System.Globalization;
using System.Text;
using CsCheck;
using Posthorn.Standards.Mime;

namespace Posthorn.Tests.Standards.Mime;

public sealed class PreviewTests
{
    [Theory]
    [InlineData("Subject: x\r\n\r\nHello,\r\n\r\n  how are\tyou?\r\n", "Hello, how are you?")]
    [InlineData("\r\n> quoted\r\n>> more\r\nanswer > all\r\n", "answer > all")]
    [InlineData("Content-Transfer-Encoding: base64\r\n\r\nR3LDvMOf\r\nZQ==", "Grüße")]
    [InlineData("Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGr=FC=DFe=20=\r\n!", "Grüße !")]
    [InlineData("Content-Type: text/plain; charset=koi8-r\r\nContent-Transfer-Encoding: base64\r\n\r\n8NLJ18XU", "Привет")]
    [InlineData("Content-Type: text/plain; charset=no-such\r\n\r\nGrüße", "Grüße")]
    [InlineData("Content-Type: text/html\r\n\r\n<style>x</style><h1>A</h1><p>b&nbsp;&amp; c</p>", "A b & c")]
    [InlineData("Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>html\r\n--b\r\n\r\nplain\r\n--b--", "plain")]
    [InlineData("Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\n \r\n--b\r\nContent-Type: text/html\r\n\r\n<p>html\r\n--b--", "html")]
    [InlineData("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Disposition: attachment\r\n\r\nattached\r\n--b--", "")]
    [InlineData("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n\r\nenclosed\r\n--b\r\n\r\nown\r\n--b--", "own")]
    [InlineData("Content-Type: multipart/encrypted; boundary=b\r\n\r\n--b\r\n\r\nsecret\r\n--b--", "")]
    [InlineData("\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA\r\n", "")]
    [InlineData("Content-Type: image/png\r\n\r\nx", "")]
    [InlineData("\r\na\u00ad\u200b\u034fb\u0001c", "abc")]
    [InlineData("", "")]
    public void Shows(string message, string expected) => Assert.Equal(expected, Of(Encoding.UTF8.GetBytes(message)));

    [Fact]
    public void Ends_after_200_characters_between_two()
    {
        string hearts = string.Concat(Enumerable.Repeat("\ud83d\udc8c", 500));

        Assert.Equal(hearts[..(2 * Preview.Characters)], Of(Encoding.UTF8.GetBytes("\r\n" + hearts)));
        Assert.Equal(new string('x', 199), Of(Encoding.UTF8.GetBytes("\r\n" + new string('x', 199) + " " + hearts)));
    }

    [Fact]
    public void Reads_a_stream_as_it_reads_memory()
    {
        byte[] octets = Encoding.UTF8.GetBytes("Content-Type: text/html\r\n\r\n<style>" + new string('s', 30_000) + "</style>text after it");

        Assert.Equal("text after it", Of(octets));
        Assert.Equal("text after it", Preview.Of(BodyStructure.Parse(octets), new MessageOctets(new MemoryStream(octets))));
    }

    [Fact]
    public void Looks_no_further_than_the_limit()
    {
        byte[] octets = Encoding.UTF8.GetBytes("\r\n" + new string(' ', MimeLimits.PreviewInput) + "too far");

        Assert.Equal("", Of(octets));
    }

    [Fact]
    public void Any_octets_give_one_line_of_valid_text() => MimeGen.Octets.Sample(octets =>
    {
        string preview = Of(octets);

        Assert.InRange(new StringInfo(preview).LengthInTextElements, 0, Preview.Characters);
        Assert.InRange(preview.EnumerateRunes().Count(), 0, Preview.Characters);
        Assert.Equal(preview, new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(new UTF8Encoding(false, true).GetBytes(preview)));
        Assert.DoesNotContain(preview, char.IsControl);
    });

    private static string Of(byte[] message) => Preview.Of(BodyStructure.Parse(message), new MessageOctets(message));
}
