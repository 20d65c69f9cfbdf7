using System.Text;
using CsCheck;
using Posthorn.Standards.Mime;

namespace Posthorn.Tests.Standards.Mime;

public sealed class HeaderTextTests
{
    [Theory]
    [InlineData(" plain ", "plain")]
    [InlineData(" a\r\n b", "a b")]
    [InlineData("=?utf-8?q?=C3=A4_b?=", "ä b")]
    [InlineData("=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab")]
    [InlineData("=?iso-2022-jp?b?GyRCRnxLXBsoQg==?=", "日本")]
    [InlineData("=?windows-1251?b?z/Do4uXy?=", "Привет")]
    [InlineData("=?gb2312?b?xOO6ww==?=", "你好")]
    [InlineData("=?utf-8*de?q?x?=", "x")]
    [InlineData("ünencoded", "ünencoded")]
    [InlineData("=?utf-8?b?5pel5g==?= =?UTF-8?b?nKw=?=", "日本")]
    [InlineData("=?utf-8?q?a?= b =?utf-8?q?c?=", "a b c")]
    [InlineData("=?utf-8?q?a_=5F?=x", "a _x")]
    [InlineData("=?no-such?q?=C3=A4?=", "ä")]
    [InlineData("=??q?a?= =?utf-8?x?a?= =?utf-8?q?a", "=??q?a?= =?utf-8?x?a?= =?utf-8?q?a")]
    [InlineData("=?broken", "=?broken")]
    [InlineData("", "")]
    public void Decodes(string value, string expected) => Assert.Equal(expected, HeaderText.Decode(Encoding.UTF8.GetBytes(value)));

    [Fact]
    public void Octets_that_are_no_UTF8_are_Windows_1252() => Assert.Equal("Grüße €", HeaderText.Decode("Gr\u00fc\u00dfe \u0080"u8.ToLatin1()));

    [Fact]
    public void Fields_are_lines() =>
        Assert.Equal("A: ä\nB: x y\nodd\n", HeaderText.DecodeFields("A: =?utf-8?q?=C3=A4?=\r\nB: x\r\n y\r\nodd\r\n"u8));

    [Fact]
    public void Agrees_with_MimeKit_on_what_it_encodes() =>
        Gen.String[Gen.Char["abc äöü€日本語?_ "], 1, 80].Select(text => string.Join(' ', text.Split(' ', StringSplitOptions.RemoveEmptyEntries))).Sample(text =>
        {
            byte[] encoded = MimeKit.Utils.Rfc2047.EncodeText(Encoding.UTF8, text);

            Assert.Equal(MimeKit.Utils.Rfc2047.DecodeText(encoded), HeaderText.Decode(encoded));
        });

    [Fact]
    public void Any_octets_decode() => MimeGen.Octets.Sample(octets =>
    {
        Assert.NotNull(HeaderText.Decode(octets));
        Assert.NotNull(HeaderText.DecodeFields(octets));
    });
}
