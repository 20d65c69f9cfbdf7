using MailKit.Net.Imap;
using MailKit.Net.Pop3;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace Posthorn.ProtocolTests.Faults;

/// <summary>The largest mail that people send, and the smallest, all the way and octet for octet.</summary>
public sealed class LargeMessageTests
{
    private const int AttachmentBytes = 18 * 1024 * 1024;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_message_of_25_mebibytes_comes_through_submission_to_imap_and_pop3_as_it_was_sent()
    {
        var attachment = new byte[AttachmentBytes];
        new Random(1).NextBytes(attachment);
        await using TestServer server = await TestServer.StartAsync();
        using var message = new MimeMessage { Subject = "large" };
        message.From.Add(MailboxAddress.Parse(TestServer.You));
        message.To.Add(MailboxAddress.Parse(TestServer.Friend));
        var builder = new BodyBuilder { TextBody = "See the file." };
        builder.Attachments.Add("film.bin", attachment);
        message.Body = builder.ToMessageBody();
        using (var client = new SmtpClient { ServerCertificateValidationCallback = Accept, CheckCertificateRevocation = false })
        {
            await client.ConnectAsync("127.0.0.1", server.Port("submissions"), SecureSocketOptions.SslOnConnect, Cancel);
            await client.AuthenticateAsync(TestServer.You, TestServer.Password, Cancel);
            await client.SendAsync(message, Cancel);
            await client.DisconnectAsync(true, Cancel);
        }

        using var imap = new ImapClient { ServerCertificateValidationCallback = Accept, CheckCertificateRevocation = false };
        await imap.ConnectAsync("127.0.0.1", server.Port("imaps"), SecureSocketOptions.SslOnConnect, Cancel);
        await imap.AuthenticateAsync(TestServer.Friend, TestServer.Password, Cancel);
        await imap.Inbox.OpenAsync(MailKit.FolderAccess.ReadOnly, Cancel);
        Assert.Equal(attachment, Attachment(await imap.Inbox.GetMessageAsync(0, Cancel)));
        await imap.DisconnectAsync(true, Cancel);

        using var pop3 = new Pop3Client { ServerCertificateValidationCallback = Accept, CheckCertificateRevocation = false };
        await pop3.ConnectAsync("127.0.0.1", server.Port("pop3s"), SecureSocketOptions.SslOnConnect, Cancel);
        await pop3.AuthenticateAsync(TestServer.Friend, TestServer.Password, Cancel);
        Assert.InRange(await pop3.GetMessageSizeAsync(0, Cancel), 24 * 1024 * 1024, 27 * 1024 * 1024);
        Assert.Equal(attachment, Attachment(await pop3.GetMessageAsync(0, Cancel)));
        await pop3.DisconnectAsync(true, Cancel);
    }

    [Fact]
    public async Task A_message_without_an_octet_is_taken_and_kept()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using var talk = await Durability.SmtpTalk.ConnectAsync(server.Port("smtp"), Cancel);
        await talk.SayAsync("MAIL FROM:<>", Cancel);
        await talk.SayAsync($"RCPT TO:<{TestServer.Friend}>", Cancel);
        await talk.SayAsync("DATA", Cancel);
        Assert.StartsWith("250 ", await talk.SayAsync(".", Cancel), StringComparison.Ordinal);
        string kept = Assert.Single(await server.MailAsync(TestServer.Friend));
        Assert.StartsWith("Return-Path: <>\r\n", kept, StringComparison.Ordinal);
        Assert.Contains("\r\nReceived: ", kept, StringComparison.Ordinal);
    }

    private static bool Accept(object sender, System.Security.Cryptography.X509Certificates.X509Certificate? certificate, object? chain, System.Net.Security.SslPolicyErrors errors) =>
        certificate?.Subject == "CN=mx.example.test";

    private static byte[] Attachment(MimeMessage message)
    {
        using var stream = new MemoryStream();
        ((MimePart)Assert.Single(message.Attachments)).Content!.DecodeTo(stream, Cancel);
        return stream.ToArray();
    }
}
