using System.Text;
using MimeKit;
using Posthorn.Standards.Mime;
using Posthorn.Web.Mail;

namespace Posthorn.Tests.Web;

/// <summary>Messages that aim at the memory of the process: without the bounds each octet of these takes a hundred and more.</summary>
public sealed class BoundedParserTests
{
    private const string Multipart = "Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n";

    /// <summary>What the parser holds in its buffer when enough was read is read still; a part has four octets at the least.</summary>
    private const int MostParts = MimeLimits.Parts + 4_096;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("--b\r\n\r\nx\r\n")]
    [InlineData("--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n")]
    [InlineData("--b\r\nContent-Type: message/rfc822\r\n\r\n\r\n")]
    public async Task Parts_end_at_their_limit(string part)
    {
        (MimeMessage message, bool isWhole) = await ReadAsync(Multipart + Repeat(part, 100_000));
        Assert.False(isWhole);
        Assert.Equal("x", message.Subject);
        Assert.InRange(message.BodyParts.Count(), 1, MostParts);
    }

    [Theory]
    [InlineData("a:\r\n", "")]
    [InlineData("", "To: a@b")]
    [InlineData("", "Content-Type: text/plain")]
    [InlineData("", "X-Long: x")]
    public async Task Fields_and_what_stands_in_one_end_at_their_limit(string field, string longField)
    {
        string much = longField.Length > 0 ? longField + string.Concat(Enumerable.Range(0, 300_000).Select(static number => $",;a{number}=b")) + "\r\n" : Repeat(field, 1_000_000);
        (MimeMessage message, bool isWhole) = await ReadAsync($"Subject: x\r\n{much}\r\ntext");
        Assert.False(isWhole);
        Assert.Equal("x", message.Subject);
        Assert.InRange(message.Headers.Sum(static header => header.RawField.Length + header.RawValue.Length), 1, BoundedParser.MaxOutside * 2);
    }

    [Fact]
    public async Task A_large_message_of_few_parts_is_whole()
    {
        string part = $"--b\r\nContent-Type: text/plain\r\n\r\n{Repeat("hello\r\n", 300_000)}\r\n", people = Repeat("Somebody <somebody@example.net>,\r\n ", 10_000);
        (MimeMessage message, bool isWhole) = await ReadAsync($"To: {people}last@example.net\r\n{Multipart}{Repeat(part, 3)}--b\r\n\r\nend\r\n--b--\r\nbehind\r\n");
        Assert.True(isWhole);
        Assert.Equal((4, 10_001, "end"), (message.BodyParts.Count(), message.To.Count, ((TextPart)message.BodyParts.Last()).Text));
        (MimeMessage single, isWhole) = await ReadAsync($"Subject: x\r\n\r\n{Repeat("hello\r\n", 300_000)}");
        Assert.True(isWhole);
        Assert.Equal(2_100_000, single.TextBody!.ReplaceLineEndings("\r\n").Length);
    }

    private static async Task<(MimeMessage Message, bool IsWhole)> ReadAsync(string octets)
    {
        using var stream = new MemoryStream(Encoding.Latin1.GetBytes(octets));
        return await BoundedParser.ReadAsync(stream, Cancel);
    }

    private static string Repeat(string text, int count) => string.Concat(Enumerable.Repeat(text, count));
}
