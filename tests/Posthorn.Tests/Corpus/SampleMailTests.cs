using System.Text;
using System.Text.RegularExpressions;
using MimeKit;
using Posthorn.Corpus;

namespace Posthorn.Tests.Corpus;

public sealed partial class SampleMailTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void The_corpus_is_there_with_its_octets()
    {
        Assert.True(SampleMail.All.Count >= 500);
        Assert.Empty(SampleMail.Octets("broken/empty"));
        Assert.Equal("\r\n\r\n\r\n"u8.ToArray(), SampleMail.Octets("broken/only-crlf")[..6]);
        Assert.Equal("\n\n\n"u8.ToArray(), SampleMail.Octets("broken/only-lf"));
        Assert.Equal("\r\r\r"u8.ToArray(), SampleMail.Octets("broken/only-cr"));
    }

    /// <summary>The kinds of mail that people get, each by what makes it one.</summary>
    [Theory]
    [InlineData("multipart/alternative", 20)]
    [InlineData("text/calendar", 10)]
    [InlineData("application/pkcs7-", 3)]
    [InlineData("application/pgp-encrypted", 1)]
    [InlineData("application/pgp-signature", 1)]
    [InlineData("filename*=", 3)]
    [InlineData("filename*0", 1)]
    [InlineData("message/rfc822", 3)]
    [InlineData("message/delivery-status", 3)]
    [InlineData("List-Unsubscribe:", 10)]
    public void Each_kind_that_people_get_is_there(string mark, int least) =>
        Assert.InRange(SampleMail.All.Count(mail => Encoding.Latin1.GetString(mail.ReadOctets()).Contains(mark, StringComparison.OrdinalIgnoreCase)), least, SampleMail.All.Count);

    [Fact]
    public void Encoded_words_raw_octets_and_nested_parts_are_there()
    {
        string[] texts = [.. SampleMail.All.Select(static mail => Encoding.Latin1.GetString(mail.ReadOctets()))];
        string[] charsets = [.. texts.SelectMany(static text => EncodedWord().Matches(text)).Select(static match => match.Groups[1].Value.ToLowerInvariant()).Distinct()];
        Assert.InRange(charsets.Length, 15, 1_000);
        Assert.InRange(texts.Count(static text => text.IndexOf("\r\n\r\n", StringComparison.Ordinal) is > 0 and var end && text.AsSpan(0, end).ContainsAnyExceptInRange('\0', '\x7f')), 10, 1_000);
        Assert.Contains(texts, static text => text.Split("multipart/").Length > 10);
        Assert.InRange(SampleMail.OfKind("broken").Count(), 50, 1_000);
    }

    [Fact]
    public void Outside_of_broken_mail_every_line_ends_with_CRLF()
    {
        foreach (var mail in SampleMail.All.Where(mail => mail.Kind != "broken" && mail.Name is not "encoding-binary" and not "binary-zip"))
        {
            string text = Encoding.Latin1.GetString(mail.ReadOctets());
            Assert.False(text.Replace("\r\n", "", StringComparison.Ordinal).AsSpan().ContainsAny('\r', '\n'), mail.ToString());
        }
    }

    [Fact]
    public void Ordinary_mail_has_sender_and_subject()
    {
        foreach (var mail in SampleMail.All.Where(mail => mail.Kind is "threads" or "newsletters" or "receipts" or "shipping" or "invitations" or "lists"))
        {
            var message = MimeMessage.Load(mail.Path, Cancel);
            Assert.NotEmpty(message.From);
            Assert.False(string.IsNullOrEmpty(message.Subject), mail.ToString());
            Assert.NotNull(message.MessageId);
        }
    }

    [Theory]
    [InlineData(1_000)]
    [InlineData(1_234_567)]
    [InlineData(25 * 1024 * 1024)]
    public async Task Large_mail_has_its_size_and_one_attachment(int size)
    {
        using var octets = new MemoryStream();
        await SampleMail.Large(size).CopyToAsync(octets, Cancel);
        Assert.Equal(size, octets.Length);
        octets.Position = 0;
        var message = await MimeMessage.LoadAsync(octets, Cancel);
        Assert.Equal("film.mp4", Assert.IsType<MimePart>(Assert.Single(message.Attachments)).FileName);
    }

    [GeneratedRegex(@"=\?([A-Za-z0-9_-]+)\?[BbQq]\?")]
    private static partial Regex EncodedWord();
}
