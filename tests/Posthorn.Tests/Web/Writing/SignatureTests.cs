using Posthorn.Web.Mail.Writing;
using Posthorn.Web.Settings;
using Kind = Posthorn.Web.Mail.Writing.Writing;

namespace Posthorn.Tests.Web.Writing;

/// <summary>How a signature is kept and where it stands in a message.</summary>
public sealed class SignatureTests
{
    private static readonly Signature Ann = new("Ann") { Html = "<b>Ann</b>" };

    [Theory]
    [InlineData("\"Ann\\nPrice\"", "Ann\nPrice", "", true, true)]
    [InlineData("{\"text\":\"Ann\",\"html\":\"<b>Ann</b>\",\"inNew\":false,\"inAnswers\":true}", "Ann", "<b>Ann</b>", false, true)]
    [InlineData("{\"text\":\"Ann\"}", "Ann", "", true, true)]
    public void What_is_kept_is_read(string json, string text, string html, bool inNew, bool inAnswers)
    {
        Signature? read = Signature.Parse(json);
        Assert.NotNull(read);
        Assert.Equal((text, html, inNew, inAnswers), (read.Text, read.Html, read.InNew, read.InAnswers));
        Assert.Equal(read, Signature.Parse(read.Write()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("7")]
    [InlineData("null")]
    [InlineData("[\"Ann\"]")]
    [InlineData("{\"text\":null}")]
    [InlineData("{\"text\":\"a\",\"html\":null}")]
    [InlineData("{\"text\":")]
    public void What_is_none_counts_as_none(string json) => Assert.Null(Signature.Parse(json));

    [Theory]
    [InlineData(Kind.New, SignaturePlace.AboveQuote, "quote\n\n-- \nAnn\n")]
    [InlineData(Kind.New, SignaturePlace.BelowQuote, "quote\n\n-- \nAnn\n")]
    [InlineData(Kind.Reply, SignaturePlace.AboveQuote, "\n\n-- \nAnn\nquote")]
    [InlineData(Kind.Forward, SignaturePlace.BelowQuote, "quote\n-- \nAnn\n")]
    public void It_stands_under_what_is_written_and_above_or_below_what_is_quoted(Kind kind, SignaturePlace place, string expected)
    {
        ComposeForm form = Answers.WithSignature(new ComposeForm { Kind = kind, Text = "quote", Html = "<blockquote>quote</blockquote>" }, Ann, place);
        Assert.Equal(expected, form.Text);
        bool isAbove = form.Html.IndexOf("<b>Ann</b>", StringComparison.Ordinal) < form.Html.IndexOf("<blockquote>", StringComparison.Ordinal);
        // A new message has nothing quoted: what it begins with, by a link, was written by its writer's wish.
        Assert.Equal(kind == Kind.New || place == SignaturePlace.AboveQuote, isAbove);
    }

    [Theory]
    [InlineData(Kind.New, false, true)]
    [InlineData(Kind.Reply, true, false)]
    [InlineData(Kind.ReplyAll, true, false)]
    [InlineData(Kind.ForwardAsFile, true, false)]
    public void It_is_left_out_where_its_writer_wishes(Kind kind, bool inNew, bool inAnswers)
    {
        var form = new ComposeForm { Kind = kind, Text = "x" };
        Assert.Same(form, Answers.WithSignature(form, Ann with { InNew = inNew, InAnswers = inAnswers }, SignaturePlace.AboveQuote));
        Assert.Same(form, Answers.WithSignature(form, null, SignaturePlace.AboveQuote));
        Assert.Same(form, Answers.WithSignature(form, new Signature(""), SignaturePlace.AboveQuote));
    }

    [Theory]
    [InlineData("<b>Ann</b> <i>Price</i>", "Ann Price")]
    [InlineData("<b>Ann</b>\n <i>Price</i>", "Ann Price")]
    [InlineData("<div>Ann</div>\n  <div>Price</div>", "Ann\nPrice")]
    [InlineData("<div>Ann <br> </div><p> Price</p>", "Ann\nPrice")]
    [InlineData("An<b>n</b>", "Ann")]
    [InlineData("<style>b{}</style>  <b>Ann</b><script>x</script>", "Ann")]
    [InlineData("   ", "")]
    public void Words_of_HTML_stay_apart_and_lines_stay_lines(string html, string text) => Assert.Equal(text, MessageText.OfHtml(html));
}
