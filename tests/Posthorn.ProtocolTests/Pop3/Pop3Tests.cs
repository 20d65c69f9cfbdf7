using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using MailKit.Net.Pop3;
using MailKit.Security;
using Microsoft.Extensions.DependencyInjection;
using MimeKit;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.ProtocolTests.Dialogs;
using Posthorn.ProtocolTests.Durability;
using Posthorn.Server.Pop3;
using Posthorn.Stores;

namespace Posthorn.ProtocolTests.Pop3;

/// <summary>POP3 over real sockets: line by line, and by MailKit's client.</summary>
public sealed class Pop3Tests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_client_lists_fetches_and_deletes_and_ids_stay()
    {
        await using TestServer server = await WithMailAsync(3);
        using Pop3Client client = await SignedInAsync(server);
        Assert.Equal(3, client.Count);
        IList<string> ids = await client.GetMessageUidsAsync(Cancel);
        MimeMessage second = await client.GetMessageAsync(1, Cancel);
        Assert.Equal("m-1", second.Subject);
        await client.DeleteMessageAsync(1, Cancel);
        await client.DisconnectAsync(true, Cancel);
        using Pop3Client again = await SignedInAsync(server);
        Assert.Equal([ids[0], ids[2]], await again.GetMessageUidsAsync(Cancel));
        await again.DisconnectAsync(true, Cancel);
    }

    [Fact]
    public async Task Nothing_is_deleted_without_quit()
    {
        await using TestServer server = await WithMailAsync(1);
        await using (Pop3Line line = await Pop3Line.SignedInAsync(server))
        {
            Assert.StartsWith("+OK", await line.SayAsync("DELE 1"), StringComparison.Ordinal);
            Assert.Equal("+OK 0 0", await line.SayAsync("STAT"));
        }

        // The lease of the broken session ends with it; a new one finds the message.
        while (true)
        {
            await using Pop3Line again = await Pop3Line.ConnectAsync(server);
            await again.SayAsync($"USER {TestServer.You}");
            string entered = await again.SayAsync($"PASS {TestServer.Password}");
            if (entered.StartsWith("-ERR [IN-USE]", StringComparison.Ordinal))
            {
                continue;
            }

            Assert.StartsWith("+OK 1 messages", entered, StringComparison.Ordinal);
            break;
        }
    }

    [Fact]
    public async Task One_session_holds_the_maildrop()
    {
        await using TestServer server = await WithMailAsync(1);
        await using Pop3Line first = await Pop3Line.SignedInAsync(server);
        await using Pop3Line second = await Pop3Line.ConnectAsync(server);
        await second.SayAsync($"USER {TestServer.You}");
        Assert.StartsWith("-ERR [IN-USE]", await second.SayAsync($"PASS {TestServer.Password}"), StringComparison.Ordinal);
        Assert.StartsWith("+OK", await first.SayAsync("NOOP"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_password_is_taken_before_tls_and_wrong_ones_end_the_session()
    {
        await using TestServer server = await TestServer.StartAsync();
        using var plain = new TcpClient();
        await plain.ConnectAsync("127.0.0.1", server.Port("pop3"), Cancel);
        using var reader = new StreamReader(plain.GetStream(), Encoding.Latin1);
        await plain.GetStream().WriteAsync("USER you@example.test\r\nCAPA\r\n"u8.ToArray(), Cancel);
        await reader.ReadLineAsync(Cancel);
        Assert.Contains("STLS first", await reader.ReadLineAsync(Cancel), StringComparison.Ordinal);
        var capabilities = new List<string?>();
        while (await reader.ReadLineAsync(Cancel) is { } line && line != ".")
        {
            capabilities.Add(line);
        }

        Assert.Contains("STLS", capabilities);
        Assert.DoesNotContain("USER", capabilities);
        await using Pop3Line wrong = await Pop3Line.ConnectAsync(server);
        for (int i = 0; i < 3; i++)
        {
            await wrong.SayAsync($"USER {TestServer.You}");
            Assert.StartsWith("-ERR [AUTH]", await wrong.SayAsync($"PASS wrong {i}"), StringComparison.Ordinal);
        }

        Assert.Null(await wrong.NextAsync());
    }

    [Fact]
    public async Task Malformed_commands_are_refused_and_the_session_goes_on()
    {
        (string Command, string Answer)[] table =
        [
            ("STAT 1", "-ERR STAT stands alone"),
            ("RETR", "-ERR RETR wants a message number"),
            ("RETR 0", "-ERR A number is wanted"),
            ("RETR 99999999999999999999", "-ERR A number is wanted"),
            ("RETR 2", "-ERR There is no such message"),
            ("DELE x", "-ERR A number is wanted"),
            ("TOP 1", "-ERR TOP wants a message number and a count of lines"),
            ("LIST 1 2", "-ERR LIST wants one message number or none"),
            ("UIDL 7", "-ERR There is no such message"),
            ("USER again", "-ERR Not after signing in"),
            ("XYZZY", "-ERR Unknown command; CAPA lists what is known"),
            ("", "-ERR Unknown command; CAPA lists what is known"),
        ];
        await using TestServer server = await WithMailAsync(1);
        await using Pop3Line line = await Pop3Line.SignedInAsync(server);
        foreach ((string command, string answer) in table)
        {
            Assert.Equal(answer, await line.SayAsync(command));
        }

        Assert.StartsWith("+OK", await line.SayAsync("NOOP"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pipelined_commands_are_answered_in_order()
    {
        await using TestServer server = await WithMailAsync(2);
        await using Pop3Line line = await Pop3Line.SignedInAsync(server);
        await line.WriteAsync("STAT\r\nLIST 1\r\nTOP 2 0\r\nDELE 1\r\nRSET\r\nNOOP\r\n");
        Assert.StartsWith("+OK 2 ", await line.NextAsync(), StringComparison.Ordinal);
        Assert.StartsWith("+OK 1 ", await line.NextAsync(), StringComparison.Ordinal);
        Assert.StartsWith("+OK", await line.NextAsync(), StringComparison.Ordinal);
        string top = await line.UntilDotAsync();
        Assert.Contains("Subject: m-1\r\n", top, StringComparison.Ordinal);
        Assert.DoesNotContain("xxxx", top, StringComparison.Ordinal);
        Assert.Equal("+OK marked", await line.NextAsync());
        Assert.Equal("+OK nothing is marked", await line.NextAsync());
        Assert.Equal("+OK still here", await line.NextAsync());
    }

    [Fact]
    public async Task Octets_after_stls_in_the_clear_end_the_connection()
    {
        await using TestServer server = await TestServer.StartAsync();
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", server.Port("pop3"), Cancel);
        await client.GetStream().WriteAsync("STLS\r\nCAPA\r\n"u8.ToArray(), Cancel);
        using var reader = new StreamReader(client.GetStream(), Encoding.Latin1);
        Assert.StartsWith("+OK", await reader.ReadLineAsync(Cancel), StringComparison.Ordinal);
        Assert.DoesNotContain("TOP", await reader.ReadToEndAsync(Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_was_told_goodbye_gets_the_maildrop_again_at_once()
    {
        await using TestServer server = await WithMailAsync(1);
        for (int i = 0; i < 20; i++)
        {
            await using Pop3Line line = await Pop3Line.SignedInAsync(server);
            Assert.Equal("+OK goodbye", await line.SayAsync("QUIT"));
        }
    }

    [Fact]
    public async Task A_message_known_to_be_incomplete_is_refused_and_not_sent_in_part()
    {
        await using TestServer server = await TestServer.StartAsync();
        await AppendAsync(server, RandomNumberGenerator.GetBytes(300_000));
        HalveBody(server);
        await using Pop3Line line = await Pop3Line.SignedInAsync(server);
        Assert.StartsWith("-ERR [SYS/TEMP]", await line.SayAsync("RETR 1"), StringComparison.Ordinal);
        Assert.StartsWith("+OK", await line.SayAsync("NOOP"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silent_session_is_ended_without_a_word_and_deletes_nothing()
    {
        await using ServerFixture server = await ServerFixture.StartAsync();
        await using Pop3Line line = await Pop3Line.ConnectAsync(server.Listener("pop3s").Endpoint.Port);
        await line.SayAsync("USER alice@example.test");
        Assert.StartsWith("+OK", await line.SayAsync($"PASS {ServerFixture.Password}"), StringComparison.Ordinal);
        var limits = new Pop3Limits();
        await server.Time.ArmedAsync(limits.Autologout);
        server.Time.Advance(limits.Autologout + TimeSpan.FromSeconds(1));
        Assert.Equal("", await line.ToEndAsync());
    }

    [Fact]
    public async Task Who_talks_and_does_not_sign_in_is_ended_when_the_time_for_it_is_over()
    {
        await using ServerFixture server = await ServerFixture.StartAsync();
        await using Pop3Line line = await Pop3Line.ConnectAsync(server.Listener("pop3s").Endpoint.Port);
        var limits = new Pop3Limits();
        await server.Time.ArmedAsync(limits.SignInTimeout);
        server.Time.Advance(limits.SignInTimeout - TimeSpan.FromSeconds(7));
        Assert.StartsWith("+OK", await line.SayAsync("USER alice@example.test"), StringComparison.Ordinal);

        // What is left of them, no more; real time, by which it fails.
        await server.Time.ArmedAsync(TimeSpan.FromSeconds(7)).WaitAsync(TimeSpan.FromSeconds(30), Cancel);
        server.Time.Advance(TimeSpan.FromSeconds(8));
        Assert.Equal("", await line.ToEndAsync());
    }

    private static async Task AppendAsync(TestServer server, byte[] body)
    {
        Account you = (await server.Services.GetRequiredService<Accounts>().GetAsync(TestServer.Administrator, TestServer.You, Cancel)).Value;
        Mailbox inbox = (await server.Services.GetRequiredService<Mailboxes>().FindAsync(TestServer.Administrator, you.Id, Mailbox.Inbox, Cancel)).Value;
        var messages = server.Services.GetRequiredService<Messages>();
        await using MessageWriter writer = messages.StartMessage();
        await writer.WriteAsync("Subject: large\r\n\r\n"u8.ToArray(), Cancel);
        await writer.WriteAsync(body, Cancel);
        NewMessage[] added = [new NewMessage(await writer.CompleteAsync(Cancel), MessageFlags.None, [], null)];
        Assert.Single((await messages.AppendAsync(TestServer.Administrator, you.Id, inbox.Id, added, Cancel)).Value.Uids.Ranges);
    }

    private static void HalveBody(TestServer server)
    {
        string body = Assert.Single(TestDatabase.BodyFiles(Path.Combine(server.Folder, "data")));
        using FileStream file = new(body, FileMode.Open);
        file.SetLength(file.Length / 2);
        TestDatabase.ForgetCopies(Path.Combine(server.Folder, "data"));
    }

    private static async Task<TestServer> WithMailAsync(int count)
    {
        TestServer server = await TestServer.StartAsync();
        await using SmtpTalk talk = await SmtpTalk.ConnectAsync(server.Port("smtp"), Cancel);
        for (int i = 0; i < count; i++)
        {
            Assert.True(await talk.SendAsync(TestServer.You, $"m-{i}", 500, Cancel));
        }

        return server;
    }

    private static async Task<Pop3Client> SignedInAsync(TestServer server)
    {
        var client = new Pop3Client { ServerCertificateValidationCallback = static (_, certificate, _, _) => certificate?.Subject == "CN=mx.example.test", CheckCertificateRevocation = false };
        await client.ConnectAsync("127.0.0.1", server.Port("pop3"), SecureSocketOptions.StartTls, Cancel);
        await client.AuthenticateAsync(TestServer.You, TestServer.Password, Cancel);
        return client;
    }
}
