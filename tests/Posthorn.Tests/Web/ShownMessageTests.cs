using System.Text;
using MimeKit;
using Posthorn.Web.Mail;

namespace Posthorn.Tests.Web;

/// <summary>What of a message is shown as its text, and what is listed as a file.</summary>
public sealed class ShownMessageTests
{
    [Fact]
    public void The_text_of_a_message_is_not_read_for_each_of_its_parts()
    {
        byte[] html = Encoding.ASCII.GetBytes($"<p>{new string('x', 10_000)}</p>");
        using var octets = new CountedStream(html);
        var parts = new Multipart("mixed") { new TextPart("html") { Content = new MimeContent(octets) } };
        for (int number = 0; number < 1_000; number++)
        {
            parts.Add(new MimePart("image", "png") { ContentId = "a", Content = new MimeContent(new MemoryStream([1])) });
        }

        using var message = new MimeMessage { Body = parts };
        _ = ShownMessage.FilesOf(message);
        Assert.InRange(octets.Taken, 1, html.Length * 5L);
    }

    // type[part|part] or type;word:text, then what is shown of it: as text, with looks, as files.
    [Theory]
    [InlineData("mixed[plain:see here|image;inline|plain:so please cancel]", "see here\n\nso please cancel", null, "image")]
    [InlineData("mixed[html:<b>main</b>|pdf;attachment|html:<i>more</i>]", "main\n\nmore", "<b>main</b><i>more</i>", "pdf")]
    [InlineData("mixed[plain:main|html:<i>footer</i>]", "main\n\nfooter", "<div>main</div><i>footer</i>", "")]
    [InlineData("mixed[alternative[plain:main|html:<b>main</b>]|plain:footer]", "main\n\nfooter", "<b>main</b><div>footer</div>", "")]
    [InlineData("alternative[plain:all|mixed[html:<b>one</b>|pdf;inline|html:<b>two</b>]]", "all", "<b>one</b><b>two</b>", "pdf")]
    [InlineData("alternative[plain:main|related[html:<b>main</b>|image;cid]]", "main", "<b>main</b>", "image")]
    [InlineData("alternative[plain:main|x-amp-html:<a>|html:<b>main</b>|calendar:BEGIN]", "main", "<b>main</b>", "calendar")]
    [InlineData("alternative[plain:one|plain:two]", "one", null, "plain")]
    [InlineData("alternative[pdf;inline]", null, null, "pdf")]
    [InlineData("mixed[plain:main|csv:a,b|plain;name:notes|calendar:BEGIN]", "main", null, "csv,plain,calendar")]
    [InlineData("mixed[pdf;inline|plain;name:the text itself]", "the text itself", null, "pdf")]
    [InlineData("mixed[plain;attachment:file|plain:text]", "text", null, "plain")]
    [InlineData("calendar:BEGIN", null, null, "calendar")]
    public void Every_part_is_shown_or_listed(string shape, string? text, string? looks, string files)
    {
        using var message = new MimeMessage { Body = Build(shape, out _) };
        var body = MessageBody.Of(message);
        Assert.Equal(text, body.AsText());
        Assert.Equal(looks is not null, body.HasHtml);
        if (looks is not null)
        {
            Assert.Equal(looks, HtmlDocument.BodyOf(message));
        }

        Assert.Equal(files, string.Join(',', ShownMessage.AttachmentsOf(message).Select(static part => part is TextPart ? part.ContentType.MediaSubtype : part.ContentType.MediaType == "image" ? "image" : "pdf")));
    }

    [Theory]
    [InlineData("image/png", "<img src=\"cid:a\">", true)]
    [InlineData("image/png", "<p>cid:a</p><a href=\"cid:a\">a</a>", false)]
    [InlineData("image/png", "<img src=\"cid:b\">", false)]
    [InlineData("image/bmp", "<img src=\"cid:a\">", false)]
    [InlineData("image/svg+xml", "<img src=\"cid:a\">", false)]
    [InlineData("application/pdf", "<img src=\"cid:a\">", false)]
    public void A_part_with_a_content_id_is_listed_where_it_is_not_shown(string type, string html, bool isShown)
    {
        using var message = new MimeMessage
        {
            Body = new MultipartRelated { new TextPart("html") { Text = html }, new MimePart(ContentType.Parse(type)) { ContentId = "a", Content = new MimeContent(new MemoryStream([1])) } },
        };
        Assert.Equal(isShown, HtmlDocument.BodyOf(message).Contains("data:" + type, StringComparison.Ordinal));
        Assert.Equal(isShown ? 0 : 1, ShownMessage.AttachmentsOf(message).Count());
    }

    [Fact]
    public void A_picture_that_finds_no_room_is_listed()
    {
        using var message = new MimeMessage();
        var related = new MultipartRelated { new TextPart("html") { Text = string.Concat(Enumerable.Range(0, 5).Select(static number => $"<img src=\"cid:{number}\">")) } };
        for (int number = 0; number < 5; number++)
        {
            related.Add(new MimePart("image", "png") { ContentId = $"{number}", Content = new MimeContent(new MemoryStream(new byte[number == 0 ? HtmlDocument.MaxPicture + 1 : HtmlDocument.MaxPicture]), ContentEncoding.Binary) });
        }

        message.Body = related;
        Assert.Equal(["0", "4"], ShownMessage.AttachmentsOf(message).Select(static part => part.ContentId));
    }

    [Fact]
    public void What_is_beyond_the_texts_of_one_page_is_listed()
    {
        var parts = new Multipart("mixed");
        for (int number = 0; number < 150; number++)
        {
            parts.Add(new TextPart("plain") { Text = $"text {number}" });
        }

        using var message = new MimeMessage { Body = parts };
        var body = MessageBody.Of(message);
        Assert.Equal(150, body.Plain.Count + ShownMessage.AttachmentsOf(message).Count());
        Assert.InRange(body.Plain.Count, 2, 149);
    }

    [Fact]
    public void Lines_that_flow_are_put_together()
    {
        using var message = new MimeMessage { Body = new TextPart("plain") { Text = "one \r\ntwo\r\n" } };
        message.Body.ContentType.Format = "flowed";
        Assert.Equal((message.TextBody, "one two"), (MessageBody.Of(message).AsText(), message.TextBody?.Trim()));
    }

    /// <summary>type[part|part], or type;word:text.</summary>
    private static MimeEntity Build(string shape, out string rest)
    {
        int end = shape.IndexOfAny(['[', '|', ']']);
        if (end < 0 || shape[end] != '[')
        {
            (string leaf, rest) = end < 0 ? (shape, "") : (shape[..end], shape[end..]);
            string[] head = leaf.Split(':', 2), words = head[0].Split(';');
            MimePart part = words[0] switch
            {
                "image" => new MimePart("image", "png") { Content = new MimeContent(new MemoryStream([1])) },
                "pdf" => new MimePart("application", "pdf") { Content = new MimeContent(new MemoryStream([1])) },
                _ => new TextPart(words[0]) { Text = head[1] },
            };
            switch (words.ElementAtOrDefault(1))
            {
                case "attachment" or "inline":
                    part.ContentDisposition = new ContentDisposition(words[1]);
                    break;
                case "name":
                    part.ContentType.Name = "name.txt";
                    break;
                case "cid":
                    part.ContentId = "a";
                    break;
            }

            return part;
        }

        Multipart several = shape[..end] switch
        {
            "alternative" => new MultipartAlternative(),
            "related" => new MultipartRelated(),
            var type => new Multipart(type),
        };
        for (rest = shape[end..]; rest[0] is '[' or '|';)
        {
            several.Add(Build(rest[1..], out rest));
        }

        rest = rest[1..];
        return several;
    }
}
