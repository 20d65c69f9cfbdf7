using Posthorn.Web.Mail;

namespace Posthorn.Tests.Web;

/// <summary>Web addresses in plain text, with the marks of the sentence left out.</summary>
public sealed class TextLinksTests
{
    [Theory]
    [InlineData("no link", "no link")]
    [InlineData("See https://example.org/a?b=c&d, please.", "See |[https://example.org/a?b=c&d]|, please.")]
    [InlineData("(https://example.org/x_(y)) <HTTP://Example.org>", "(|[https://example.org/x_(y)]|) <|[HTTP://Example.org]|>")]
    [InlineData("https://a.example https://b.example", "[https://a.example]| |[https://b.example]")]
    [InlineData("javascript:alert(1) data:text/html,x ftp://a mailto:x@y", "javascript:alert(1) data:text/html,x ftp://a mailto:x@y")]
    [InlineData("https://", "https://")]
    [InlineData("xhttps://example.org", "xhttps://example.org")]
    public void Addresses_are_found_and_nothing_else(string text, string pieces) =>
        Assert.Equal(pieces, string.Join('|', TextLinks.Split(text).Select(static piece => piece.IsLink ? $"[{piece.Text}]" : piece.Text)));

    [Theory]
    [InlineData(1_900)]
    [InlineData(50_000)]
    public void Brackets_behind_an_address_are_counted_once(int brackets)
    {
        string text = string.Join(' ', Enumerable.Repeat("http://x" + new string(')', brackets), 100));
        long before = GC.GetAllocatedBytesForCurrentThread();
        TextPiece[] pieces = [.. TextLinks.Split(text)];
        // A copy for each bracket would be hundreds of megabytes.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 40_000_000);
        Assert.Equal(text, string.Concat(pieces.Select(static piece => piece.Text)));
        Assert.Equal(Enumerable.Repeat("http://x", 100), pieces.Where(static piece => piece.IsLink).Select(static piece => piece.Text));
    }

    [Fact]
    public void Nothing_of_the_text_is_lost_however_many_links_it_has()
    {
        string text = string.Concat(Enumerable.Range(0, TextLinks.MaxLinks + 50).Select(static i => $"https://example.org/{i}\n"));
        TextPiece[] pieces = [.. TextLinks.Split(text)];
        Assert.Equal(text, string.Concat(pieces.Select(static piece => piece.Text)));
        Assert.Equal(TextLinks.MaxLinks, pieces.Count(static piece => piece.IsLink));
    }
}
