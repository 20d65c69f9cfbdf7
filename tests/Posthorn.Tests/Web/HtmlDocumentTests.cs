using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;
using MimeKit;
using Posthorn.Web.Mail;

namespace Posthorn.Tests.Web;

/// <summary>HTML that aims at the parsers: without the bounds each of these ends the process or holds a processor for minutes.</summary>
public sealed class HtmlDocumentTests
{
    private const int Many = 100_000;

    public static TheoryData<string, string> Bombs => new()
    {
        { "formula in an attribute", $"<p style=\"width:{Repeat("calc(")}1px\">text" },
        { "formula in entities", $"<p style=\"width:{Repeat("calc&#40;")}1px\">text" },
        { "formula in a sheet", $"<style>p{{width:{Repeat("calc(")}1px}}</style><p>text" },
        { "sheet within a sheet", $"<style><style></style>p{{width:{Repeat("calc(")}1px}}</style><p>text" },
        { "sheet within raw text", $"<xmp><style>p{{width:{Repeat("calc(")}1px}}</xmp></style><p>text" },
        { "sheet in foreign content", $"<svg><style>p{{width:{Repeat("calc(")}1px}}</style></svg><p>text" },
        { "rules in rules", $"<style>{Repeat("@media screen{")}</style><p>text" },
        { "elements", $"{Repeat("<div>")}text" },
        { "tables", $"{Repeat("<table><tr><td>")}text" },
        { "marks left open", $"{Repeat("<b><p>")}text" },
        { "foreign elements", $"{Repeat("<svg><g>")}</g></svg>" + "<p>text" },
        { "attributes", $"<p {string.Concat(Enumerable.Range(0, Many).Select(number => $"a{number}=1 "))}>text" },
    };

    [Theory]
    [MemberData(nameof(Bombs))]
    public void A_bomb_ends_as_a_document_and_not_as_the_end_of_the_server(string name, string html)
    {
        string document = Of(html);
        Assert.StartsWith("<!DOCTYPE html>", document, StringComparison.Ordinal);
        Assert.DoesNotMatch("<[^>]*calc", document);
        Assert.True(document.Length < html.Length + 1_000_000, name);
    }

    [Fact]
    public void A_picture_that_is_shown_a_thousand_times_is_read_once_and_ends_with_the_room_for_pictures()
    {
        using var octets = new CountedStream(new byte[HtmlDocument.MaxPicture]);
        using var message = new MimeMessage();
        message.Body = new MultipartRelated
        {
            new TextPart("html") { Text = string.Concat(Enumerable.Repeat("<img src=\"cid:a\">", 1_100)) + "<img src=\"cid:small\">after" },
            new MimePart("image", "png") { ContentId = "a", Content = new MimeContent(octets, ContentEncoding.Binary) },
            new MimePart("image", "png") { ContentId = "small", Content = new MimeContent(new MemoryStream([1]), ContentEncoding.Binary) },
        };
        string document = HtmlDocument.Of(message);
        Assert.Equal(HtmlDocument.MaxPictures / HtmlDocument.MaxPicture, document.Split("data:image/png;base64,").Length - 1);
        Assert.Contains("after", document, StringComparison.Ordinal);
        Assert.InRange(document.Length, 1, 20_000_000);
        Assert.InRange(octets.Taken, 1, HtmlDocument.MaxPicture);
    }

    [Fact]
    public void Text_beneath_too_many_elements_is_still_there() => Assert.Contains("deep text", Of($"{Repeat("<div>")}deep text"), StringComparison.Ordinal);

    // Each table brings three that do not count.
    [Theory]
    [InlineData("<div>")]
    [InlineData("<li><dd>")]
    [InlineData("<dt><li>")]
    [InlineData("<div></b>")]
    [InlineData("<div/>")]
    [InlineData("<table><tr><td>")]
    [InlineData("<div><table><td></div>")]
    [InlineData("<div><table></div></table>")]
    [InlineData("<span><div></span></div>")]
    [InlineData("<p><b id=x></p>")]
    [InlineData("<span><p></span><button>")]
    [InlineData("<svg><td>")]
    [InlineData("<svg><td><td><td>")]
    [InlineData("<SVG><html><tr>")]
    [InlineData("<math><mi><td>")]
    [InlineData("<ul><li><table><table></table></ul></table><span><li></ul>")]
    public void No_element_is_deeper_than_the_sanitizer_can_take(string again)
    {
        using IHtmlDocument document = new HtmlParser().ParseDocument(BoundedHtml.Of(Repeat(again)));
        int deepest = 0;
        for (INode? node = document.DocumentElement; node is not null; node = Next(node))
        {
            deepest = Math.Max(deepest, node.GetAncestors().Count());
        }

        Assert.InRange(deepest, 2, (4 * BoundedHtml.MaxDepth) + 8);
    }

    [Theory]
    [InlineData("<li>a", "li")]
    [InlineData("<ul><li>a<li>b</li></ul>", "ul")]
    [InlineData("<dl><dt>a</dt><dd>b</dd></dl>", "dd")]
    [InlineData("<b><i>a</b></i>", "i")]
    [InlineData("<p>a<p><font>b</font>", "font")]
    [InlineData("<div><p>a<table><tr><td>b<td><span>c</span></table></div>", "span")]
    public void What_follows_one_another_is_not_deep(string again, string element)
    {
        using IHtmlDocument document = new HtmlParser().ParseDocument(BoundedHtml.Of(string.Concat(Enumerable.Repeat(again, 300))));

        Assert.InRange(document.QuerySelectorAll(element).Length, 300, 900);
    }

    [Fact]
    public void What_honest_mail_has_stays()
    {
        string document = Of("<table width=\"600\" bgcolor=\"#fff\"><tr><td style=\"color: rgb(1, 2, 3); padding: 4px\">A &amp; B &lt;c&gt;<br>d<p>e<p>f<li>g</td></tr></table>");
        Assert.Contains("<td style=\"color: rgb(1, 2, 3); padding: 4px\">A &amp; B &lt;c&gt;<br>d<p>e</p><p>f</p><li>g</li></td>", document, StringComparison.Ordinal);
        Assert.Contains("<table width=\"600\" bgcolor=\"#fff\">", document, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("color: red", "color: red")]
    [InlineData("COLOR:#fff;background:rgba(1,2,3,.5) ;", "COLOR: #fff; background: rgba(1,2,3,.5)")]
    [InlineData("font-family: 'Segoe UI', Arial, sans-serif", "font-family: 'Segoe UI', Arial, sans-serif")]
    [InlineData("position: fixed; width: 10px", "width: 10px")]
    [InlineData("background: url(https://evil.test/x)", "")]
    [InlineData("background: \\75rl(https://evil.test/x)", "")]
    [InlineData("background: u/**/rl(x)", "")]
    [InlineData("width: expression(alert(1))", "")]
    [InlineData("width: calc(1px + 2px)", "")]
    [InlineData("color: rgb(rgb(1))", "")]
    [InlineData("color: rgb(1", "")]
    [InlineData("color: }</style><script>", "")]
    [InlineData("color", "")]
    [InlineData("color:", "")]
    public void Styles_keep_looks_and_lose_the_rest(string style, string kept) => Assert.Equal(kept, StyleDeclarations.Checked(style));

    [Theory]
    [InlineData("<p><IMG alt=x SRC=' https://tracker.test/a.gif'>", true)]
    [InlineData("<img src=\"cid:a@b\"><a href=\"https://example.org/\">x</a>", false)]
    [InlineData("<!-- <img src=http://a.test/> --> src=http", false)]
    public void Pictures_of_other_hosts_are_noticed_and_nothing_else(string html, bool asks) => Assert.Equal(asks, HtmlDocument.AsksOthers(html));

    private static INode? Next(INode node)
    {
        if (node.FirstChild is { } child)
        {
            return child;
        }

        for (INode? at = node; at is not null; at = at.Parent)
        {
            if (at.NextSibling is { } sibling)
            {
                return sibling;
            }
        }

        return null;
    }

    private static string Repeat(string text) => string.Concat(Enumerable.Repeat(text, Many));

    private static string Of(string html)
    {
        using var message = new MimeMessage();
        message.Body = new TextPart("html") { Text = html };
        return HtmlDocument.Of(message);
    }
}
