using System.Text;
using CsCheck;
using Posthorn.Standards.Mime;

namespace Posthorn.Tests.Standards.Mime;

public sealed class HtmlTextTests
{
    [Theory]
    [InlineData("a<b>b</b>c", "abc")]
    [InlineData("<p>a</p><p>b</p>", "\na\n\nb\n")]
    [InlineData("a<br/>b", "a\nb")]
    [InlineData("<style>p > a { color: red }</style>x", "\n\nx")]
    [InlineData("<SCRIPT>if (a < b) '</s'</SCRIPT >x", "\n\nx")]
    [InlineData("<style>never closed", "\n")]
    [InlineData("a<!-- <p> -- > -->b<!-->c<!--->d", "abcd")]
    [InlineData("<!DOCTYPE html><?xml?>a", "a")]
    [InlineData("<a title=\"x > y\" href='>'>b</a>", "b")]
    [InlineData("<p don't>a", "\na")]
    [InlineData("1 < 2 & 3", "1 < 2 & 3")]
    [InlineData("&amp;&lt;&eacute;&#8364;&#x20AC;&nbsp;", "&<é€€\u00a0")]
    [InlineData("&nosuch;&amp &;&#;&#x;&#xd800;&#0;&#99999999;", "&nosuch;&amp &;&#;&#x;\ufffd\ufffd\ufffd")]
    [InlineData("&#128140;", "\ud83d\udc8c")]
    [InlineData("&abcdefghijklmnop;", "&abcdefghijklmnop;")]
    public void Keeps_the_text(string html, string expected)
    {
        for (int step = 1; step <= html.Length; step++)
        {
            Assert.Equal(expected, Text(html, step));
        }
    }

    [Fact]
    public void Any_text_in_any_pieces_gives_the_same() =>
        Gen.Select(MimeGen.Octets, Gen.Int[1, 30]).Sample((octets, step) =>
        {
            string html = Encoding.UTF8.GetString(octets);

            return Text(html, step) == Text(html, Math.Max(1, html.Length));
        });

    private static string Text(string html, int step)
    {
        var text = new HtmlText();
        var result = new StringBuilder();
        var room = new char[step + HtmlText.Extra];
        for (int position = 0; position < html.Length; position += step)
        {
            result.Append(room, 0, text.Push(html.AsSpan(position, Math.Min(step, html.Length - position)), room));
        }

        return result.ToString();
    }
}
