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
}
