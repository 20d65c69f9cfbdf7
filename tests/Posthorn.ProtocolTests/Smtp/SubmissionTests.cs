using System.Text;
using MimeKit;
using Posthorn.Core.Access;
using Posthorn.Core.Queue;
using Posthorn.Server.Smtp;

namespace Posthorn.ProtocolTests.Smtp;

/// <summary>Ports 587 and 465: what our users may send, and what the server adds and takes away. RFC 6409.</summary>
public sealed class SubmissionTests
{
    private static readonly string SignIn = "AUTH PLAIN " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0you@example.test\0{SmtpTestServer.Password}"));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("<you@example.test>", "250 2.1.0 ~")]
    [InlineData("<You+tag@Example.Test>", "250 2.1.0 ~")]
    [InlineData("<>", "250 2.1.0 ~")]
    [InlineData("<you@example.test> REQUIRETLS HOLDFOR=60", "250 2.1.0 ~")]
    [InlineData("<you@example.test> HOLDFOR=2592001", "501 5.5.4 ~")]
    [InlineData("<you@example.test> HOLDUNTIL=2026-04-01T00:00:00Z", "501 5.5.4 ~")]
    [InlineData("<friend@example.test>", "550 5.7.1 ~")]
    [InlineData("<nobody@example.test>", "550 5.7.1 ~")]
    [InlineData("<you@example.com>", "550 5.7.1 ~")]
    public async Task Mail_from_is_an_address_of_the_account(string sender, string reply)
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await SignedInAsync(server);
        await client.DialogAsync($"C: MAIL FROM:{sender}\nS: {reply}");
    }

    [Theory]
    [InlineData("From: you@example.test", "250 2.0.0 ~")]
    [InlineData("From: \"You, yourself\" <you+x@EXAMPLE.test>", "250 2.0.0 ~")]
    [InlineData("From: friend@example.test", "550 5.7.1 ~")]
    [InlineData("From: you@example.test, friend@example.test", "550 5.7.1 ~")]
    [InlineData("From: you@example.test <friend@example.test>", "550 5.7.1 ~")]
    [InlineData("From: Group: you@example.test, friend@example.test;", "550 5.7.1 ~")]
    [InlineData("From: you@example.test\r\nFrom: you@example.test", "554 5.6.0 ~")]
    [InlineData("From: nobody in particular", "554 5.6.0 ~")]
    [InlineData("From:", "554 5.6.0 ~")]
    public async Task The_from_line_names_an_address_of_the_account(string from, string reply)
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await SignedInAsync(server);
        await InDataAsync(client, "friend@example.test");
        await client.SayAsync($"{from}\r\nSubject: x\r\n\r\ntext\r\n.\r\n");
        await client.DialogAsync($"S: {reply}\nC: NOOP\nS: 250 2.0.0 OK");
    }

    [Fact]
    public async Task Blind_copies_go_and_missing_fields_come()
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await SignedInAsync(server);
        await InDataAsync(client, "friend@example.test");
        await client.SayAsync("Bcc: secret@example.com,\r\n another@example.com\r\nSubject: x\r\nAuthentication-Results: mx.example.test; dmarc=pass\r\n\r\ntext\r\n.\r\n");
        await client.DialogAsync("S: 250 2.0.0 ~");
        var message = Assert.Single(await server.InboxAsync("friend@example.test"));
        Assert.DoesNotContain("secret", message, StringComparison.Ordinal);
        Assert.DoesNotContain("another", message, StringComparison.Ordinal);
        Assert.DoesNotContain("dmarc", message, StringComparison.Ordinal);
        Assert.Contains("with ESMTPSA id", message, StringComparison.Ordinal);
        Assert.Contains("\r\n\ttls TLS_", message, StringComparison.Ordinal);
        Assert.Contains("\r\nDate: Sun, 1 Mar 2026 12:00:00 +0000\r\nFrom: <you@example.test>\r\nMessage-ID: <", message, StringComparison.Ordinal);
        Assert.EndsWith("@example.test>\r\nSubject: x\r\n\r\ntext\r\n", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Text_without_a_header_gets_one()
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await SignedInAsync(server);
        await InDataAsync(client, "friend@example.test");
        await client.SayAsync("just text\r\n.\r\n");
        await client.DialogAsync("S: 250 2.0.0 ~");
        Assert.EndsWith("@example.test>\r\n\r\njust text\r\n", Assert.Single(await server.InboxAsync("friend@example.test")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mail_for_elsewhere_goes_to_the_queue_with_what_was_asked_for()
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await SignedInAsync(server);
        await client.DialogAsync("""
            C: MAIL FROM:<you@example.test> RET=FULL ENVID=QQ+2B1
            S: 250 2.1.0 ~
            C: RCPT TO:<someone@example.com> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;someone@example.com
            S: 250 2.1.5 ~
            C: RCPT TO:<nobody@example.test>
            S: 550 5.1.1 ~
            C: DATA
            S: 354 ~
            C: Subject: x
            C:
            C: text
            C: .
            S: 250 2.0.0 ~
            """);
        var queued = Assert.Single((await server.Get<MailQueue>().ListAsync(Actor.System("test"), Cancel)).Value);
        Assert.Equal("you@example.test", queued.Sender);
        var recipient = Assert.Single(queued.Recipients);
        Assert.Equal("someone@example.com", recipient.Address);
        Assert.Equal(Core.Delivery.DsnNotify.Success | Core.Delivery.DsnNotify.Failure, recipient.Notify);
        Assert.Equal("rfc822;someone@example.com", recipient.OriginalRecipient);
    }

    [Fact]
    public async Task A_held_message_waits_in_the_queue()
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await SignedInAsync(server);
        await client.DialogAsync("""
            C: MAIL FROM:<you@example.test> HOLDFOR=3600
            S: 250 2.1.0 ~
            C: RCPT TO:<friend@example.test>
            S: 250 2.1.5 ~
            C: DATA
            S: 354 ~
            C: Subject: later
            C: .
            S: 250 2.0.0 ~
            """);
        Assert.Empty(await server.InboxAsync("friend@example.test"));
        var queued = Assert.Single((await server.Get<MailQueue>().ListAsync(Actor.System("test"), Cancel)).Value);
        Assert.Equal(server.Time.GetUtcNow() + TimeSpan.FromHours(1), Assert.Single(queued.Recipients).NextAttempt);
    }

    [Fact]
    public async Task Binary_octets_are_not_sent_on_to_others()
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await SignedInAsync(server);
        await client.DialogAsync("""
            C: MAIL FROM:<you@example.test> BODY=BINARYMIME
            S: 250 2.1.0 ~
            C: RCPT TO:<someone@example.com>
            S: 250 2.1.5 ~
            """);
        await client.SayAsync("BDAT 17 LAST\r\nSubject: x\r\n\r\na\nb");
        await client.DialogAsync("S: 554 5.6.1 ~");
    }

    [Theory]
    [InlineData(SmtpRole.Submission)]
    [InlineData(SmtpRole.Submissions)]
    public async Task Another_client_sends_a_message_to_many(SmtpRole role)
    {
        await using var server = await SmtpTestServer.StartAsync();
        using var client = await server.MailKitAsync(role);
        await client.AuthenticateAsync("you@example.test", SmtpTestServer.Password, Cancel);
        using var message = new MimeMessage();
        message.From.Add(new MailboxAddress("You", "you@example.test"));
        message.To.Add(new MailboxAddress("Friend", "friend@example.test"));
        message.Bcc.Add(new MailboxAddress("Myself", "you@example.test"));
        message.Subject = "Grüße";
        message.Body = new TextPart("plain") { Text = ".\r\n..\r\ntext\r\n" };
        await client.SendAsync(message, Cancel);
        await client.DisconnectAsync(true, Cancel);
        foreach (var address in new[] { "you@example.test", "friend@example.test" })
        {
            using var octets = new MemoryStream(Encoding.Latin1.GetBytes(Assert.Single(await server.InboxAsync(address))));
            using var read = await MimeMessage.LoadAsync(octets, Cancel);
            Assert.Equal("Grüße", read.Subject);
            Assert.Equal(".\r\n..\r\ntext\r\n", read.TextBody!.ReplaceLineEndings("\r\n"));
            Assert.Empty(read.Bcc);
            Assert.Equal(message.MessageId, read.MessageId);
        }
    }

    private static async Task<SmtpTestClient> SignedInAsync(SmtpTestServer server)
    {
        var client = await server.ConnectAsync(SmtpRole.Submissions);
        await client.DialogAsync($"S: 220 ~\nC: EHLO x\nS: 250-~\nC: {SignIn}\nS: 235 2.7.0 ~");
        return client;
    }

    private static Task InDataAsync(SmtpTestClient client, string recipient) =>
        client.DialogAsync($"C: MAIL FROM:<you@example.test>\nS: 250 2.1.0 ~\nC: RCPT TO:<{recipient}>\nS: 250 2.1.5 ~\nC: DATA\nS: 354 ~");
}
