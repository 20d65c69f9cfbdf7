using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Core.Storage;
using Posthorn.Core.Storage.Copying;
using Posthorn.ProtocolTests.History;
using Posthorn.Stores;

namespace Posthorn.ProtocolTests.Smtp;

/// <summary>DATA: what is stored is what was sent. RFC 5321 §4.1.1.4, §4.5.2.</summary>
public sealed class DataTests
{
    [Fact]
    public async Task A_message_lands_in_the_inbox_with_its_trace_on_top()
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await server.GreetedAsync();
        await client.DialogAsync("""
            C: MAIL FROM:<sender@example.net>
            S: 250 2.1.0 ~
            C: RCPT TO:<you@example.test>
            S: 250 2.1.5 ~
            C: DATA
            S: 354 ~
            C: Subject: hello
            C:
            C: ..one dot
            C: text
            C: .
            S: 250 2.0.0 ~
            C: QUIT
            S: 221 2.0.0 ~
            S: closed
            """);
        var message = Assert.Single(await server.InboxAsync("you@example.test"));
        Assert.EndsWith("Subject: hello\r\n\r\n.one dot\r\ntext\r\n", message, StringComparison.Ordinal);
        Assert.Contains("Authentication-Results: mx.example.test;", message, StringComparison.Ordinal);
        Assert.Contains("Received: from client.example.net ([127.0.0.1])\r\n\tby mx.example.test with ESMTP id ", message, StringComparison.Ordinal);
        Assert.Contains("\r\n\tfor <you@example.test>;\r\n\tSun, 1 Mar 2026 12:00:00 +0000\r\n", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_large_message_for_several_recipients_is_one_body()
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await server.GreetedAsync();
        string body = string.Concat(Enumerable.Repeat(new string('x', 70) + "\r\n", 2_000));
        await client.DialogAsync("""
            C: MAIL FROM:<a@example.net>
            S: 250 2.1.0 ~
            C: RCPT TO:<you@example.test>
            S: 250 2.1.5 ~
            C: RCPT TO:<friend@example.test>
            S: 250 2.1.5 ~
            C: DATA
            S: 354 ~
            """);
        await client.SayAsync($"Subject: large\r\n\r\n{body}.\r\n");
        await client.DialogAsync("S: 250 2.0.0 ~");
        foreach (string recipient in (string[])["you@example.test", "friend@example.test"])
        {
            Assert.EndsWith(body, Assert.Single(await server.InboxAsync(recipient)), StringComparison.Ordinal);
        }

        Assert.Single(TestDatabase.BodyFiles(server.Folder));
    }

    [Fact]
    public async Task A_small_message_for_several_recipients_is_one_body()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using (LineTalk talk = await LineTalk.ConnectAsync(server.Port("submissions"), TestContext.Current.CancellationToken))
        {
            string plain = Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{TestServer.You}\0{TestServer.Password}"));
            foreach (string line in (string[])["EHLO x", $"AUTH PLAIN {plain}", $"MAIL FROM:<{TestServer.You}>", $"RCPT TO:<{TestServer.You}>", $"RCPT TO:<{TestServer.Friend}>"])
            {
                Assert.StartsWith("2", await talk.SayAsync(line, TestContext.Current.CancellationToken), StringComparison.Ordinal);
            }

            Assert.StartsWith("354", await talk.SayAsync("DATA", TestContext.Current.CancellationToken), StringComparison.Ordinal);
            Assert.StartsWith("250", await talk.SayAsync($"From: {TestServer.You}\r\nSubject: small\r\n\r\ntext\r\n.", TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }

        foreach (string recipient in (string[])[TestServer.You, TestServer.Friend])
        {
            Assert.Contains("\r\nSubject: small\r\n", Assert.Single(await server.MailWhenAsync(recipient, 1)), StringComparison.Ordinal);
        }

        using IRowSource rows = await server.Services.GetRequiredService<IStoreMaintenance>().ReadRowsAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, rows.Count(rows.Tables.Single(static table => table.Name == "body")));
        Assert.Equal(2, rows.Count(rows.Tables.Single(static table => table.Name == "email")));
    }
}
