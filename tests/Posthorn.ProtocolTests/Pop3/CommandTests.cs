using System.Net;
using System.Net.Sockets;
using System.Text;
using MailKit.Net.Pop3;
using MailKit.Security;
using Posthorn.ProtocolTests.Durability;

namespace Posthorn.ProtocolTests.Pop3;

/// <summary>Each command and each capability, line by line: what CAPA says is what is done.</summary>
public sealed class CommandTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>RFC 2449 §5 and §6, RFC 3206 §6, RFC 5034 §3, RFC 6856 §2 and §3.</summary>
    [Fact]
    public async Task Capa_lists_what_is_offered_before_and_after_tls_and_after_the_sign_in()
    {
        string[] always = ["TOP", "UIDL", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING", "EXPIRE NEVER", "UTF8 USER", "LANG", "IMPLEMENTATION Posthorn"];
        string[] within = [.. always, "USER", "SASL SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN LOGIN"];
        await using TestServer server = await TestServer.StartAsync();
        using (var plain = new TcpClient())
        {
            await plain.ConnectAsync("127.0.0.1", server.Port("pop3"), Cancel);
            await plain.GetStream().WriteAsync("CAPA\r\nQUIT\r\n"u8.ToArray(), Cancel);
            using var reader = new StreamReader(plain.GetStream(), Encoding.ASCII);
            string[] said = Lines(await reader.ReadToEndAsync(Cancel));
            Assert.Equal([.. always, "STLS", "."], said[2..^1]);
        }

        await using Pop3Line line = await Pop3Line.ConnectAsync(server);
        Assert.Equal(within, await CapaAsync(line));
        await line.SayAsync($"USER {TestServer.You}");
        await line.SayAsync($"PASS {TestServer.Password}");
        Assert.Equal(within, await CapaAsync(line));
    }

    /// <summary>RFC 6856 §3.</summary>
    [Fact]
    public async Task Lang_lists_the_languages_and_takes_those()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using Pop3Line line = await Pop3Line.ConnectAsync(server);
        Assert.StartsWith("+OK", await line.SayAsync("LANG"), StringComparison.Ordinal);
        Assert.Equal("en English\r\ni-default Default\r\n", await line.UntilDotAsync());
        foreach (string known in (string[])["LANG en", "lang EN-GB", "LANG i-default", "LANG *"])
        {
            Assert.StartsWith("+OK en ", await line.SayAsync(known), StringComparison.Ordinal);
        }

        Assert.StartsWith("-ERR", await line.SayAsync("LANG tlh"), StringComparison.Ordinal);
        Assert.Equal("-ERR LANG wants one language or none", await line.SayAsync("LANG en de"));
        await line.SayAsync($"USER {TestServer.You}");
        await line.SayAsync($"PASS {TestServer.Password}");
        Assert.StartsWith("+OK en ", await line.SayAsync("LANG en"), StringComparison.Ordinal);
    }

    /// <summary>Messages are read ahead in order; whatever the order is, each number has its own text.</summary>
    [Theory]
    [InlineData("1 1 2 2 3 3 4 4 5 5")]
    [InlineData("5 4 3 2 1")]
    [InlineData("1 3 2 5 4 1")]
    [InlineData("2 4 5 5 1 2")]
    public async Task Messages_come_in_any_order(string numbers)
    {
        await using TestServer server = await TestServer.StartAsync();
        await using (SmtpTalk talk = await SmtpTalk.ConnectAsync(server.Port("smtp"), Cancel))
        {
            for (int number = 1; number <= 5; number++)
            {
                await talk.SayAsync("MAIL FROM:<a@example.net>", Cancel);
                await talk.SayAsync($"RCPT TO:<{TestServer.You}>", Cancel);
                await talk.SayAsync("DATA", Cancel);
                Assert.StartsWith("250", await talk.SayAsync($"Subject: number {number}\r\n\r\nx\r\n.", Cancel), StringComparison.Ordinal);
            }
        }

        await using Pop3Line line = await Pop3Line.ConnectAsync(server);
        await line.SayAsync($"USER {TestServer.You}");
        Assert.StartsWith("+OK 5 ", await line.SayAsync($"PASS {TestServer.Password}"), StringComparison.Ordinal);
        bool top = false;
        foreach (string number in numbers.Split(' '))
        {
            top = !top;
            Assert.StartsWith("+OK", await line.SayAsync(top ? $"TOP {number} 0" : $"RETR {number}"), StringComparison.Ordinal);
            Assert.Contains($"Subject: number {number}\r\n", await line.UntilDotAsync(), StringComparison.Ordinal);
        }
    }

    /// <summary>RFC 6856 §2: before the sign-in, and headers come as they are.</summary>
    [Fact]
    public async Task Utf8_is_said_before_the_sign_in_and_a_header_in_utf8_comes_as_it_is()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using (SmtpTalk talk = await SmtpTalk.ConnectAsync(server.Port("smtp"), Cancel))
        {
            await talk.SayAsync("MAIL FROM:<a@example.net> SMTPUTF8", Cancel);
            await talk.SayAsync($"RCPT TO:<{TestServer.You}>", Cancel);
            await talk.SayAsync("DATA", Cancel);
            Assert.StartsWith("250", await talk.SayAsync("Subject: Gr\u00c3\u00bc\u00c3\u009fe\r\n\r\nx\r\n.", Cancel), StringComparison.Ordinal);
        }

        await using Pop3Line line = await Pop3Line.ConnectAsync(server);
        Assert.Equal("-ERR UTF8 stands alone", await line.SayAsync("UTF8 yes"));
        Assert.StartsWith("+OK", await line.SayAsync("UTF8"), StringComparison.Ordinal);
        await line.SayAsync($"USER {TestServer.You}");
        Assert.StartsWith("+OK", await line.SayAsync($"PASS {TestServer.Password}"), StringComparison.Ordinal);
        Assert.Equal("-ERR Not after signing in", await line.SayAsync("UTF8"));
        Assert.StartsWith("+OK", await line.SayAsync("RETR 1"), StringComparison.Ordinal);
        Assert.Contains("Subject: Gr\u00c3\u00bc\u00c3\u009fe\r\n", await line.UntilDotAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stat_list_uidl_dele_and_rset_agree_with_each_other()
    {
        await using TestServer server = await WithMailAsync(3);
        await using Pop3Line line = await Pop3Line.SignedInAsync(server);
        string[] stat = (await line.SayAsync("STAT")).Split(' ');
        Assert.Equal("+OK 3 messages", await line.SayAsync("LIST"));
        string[] listed = Lines(await line.UntilDotAsync());
        Assert.Equal(["1", "2", "3"], listed.Select(static entry => entry.Split(' ')[0]));
        Assert.Equal(stat[2], $"{listed.Sum(static entry => long.Parse(entry.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture))}");
        Assert.Equal($"+OK {listed[1]}", await line.SayAsync("LIST 2"));
        await line.SayAsync("UIDL");
        string[] ids = Lines(await line.UntilDotAsync());
        Assert.Equal(3, ids.Distinct().Count());
        Assert.All(ids, static entry => Assert.Matches("^[1-3] [0-9a-f]{16}$", entry));
        Assert.Equal($"+OK {ids[2]}", await line.SayAsync("UIDL 3"));

        Assert.Equal("+OK marked", await line.SayAsync("DELE 2"));
        foreach (string gone in (string[])["DELE 2", "LIST 2", "UIDL 2", "RETR 2", "TOP 2 0"])
        {
            Assert.Equal("-ERR There is no such message", await line.SayAsync(gone));
        }

        // RFC 1939 §5: the numbers of the others stay.
        Assert.StartsWith("+OK 2 ", await line.SayAsync("STAT"), StringComparison.Ordinal);
        await line.SayAsync("UIDL");
        Assert.Equal([ids[0], ids[2]], Lines(await line.UntilDotAsync()));
        await line.SayAsync("RSET");
        Assert.Equal(string.Join(' ', stat), await line.SayAsync("STAT"));
    }

    [Fact]
    public async Task Top_gives_the_header_and_so_many_lines_and_a_dot_at_a_line_s_begin_is_doubled()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using (SmtpTalk talk = await SmtpTalk.ConnectAsync(server.Port("smtp"), Cancel))
        {
            Assert.StartsWith("250", await talk.DeliverAsync(TestServer.You, "top", "one\r\n..two\r\nthree\r\n", Cancel), StringComparison.Ordinal);
        }

        await using Pop3Line line = await Pop3Line.SignedInAsync(server);
        await line.SayAsync("TOP 1 0");
        Assert.EndsWith("Message-ID: <top@example.net>\r\n\r\n", await line.UntilDotAsync(), StringComparison.Ordinal);
        await line.SayAsync("TOP 1 2");
        Assert.EndsWith("\r\n\r\none\r\n..two\r\n", await line.UntilDotAsync(), StringComparison.Ordinal);
        await line.SayAsync("TOP 1 1000");
        string all = await line.UntilDotAsync();
        await line.SayAsync("RETR 1");
        Assert.Equal(all, await line.UntilDotAsync());
    }

    [Theory]
    [InlineData("SCRAM-SHA-256")]
    [InlineData("PLAIN")]
    [InlineData("LOGIN")]
    public async Task Another_client_signs_in_by(string mechanism)
    {
        await using TestServer server = await TestServer.StartAsync();
        using var client = new Pop3Client { ServerCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null, CheckCertificateRevocation = false };
        await client.ConnectAsync("127.0.0.1", server.Port("pop3"), SecureSocketOptions.StartTls, Cancel);
        Assert.Contains(mechanism, client.AuthenticationMechanisms);
        await client.AuthenticateAsync(SaslMechanism.Create(mechanism, new NetworkCredential(TestServer.You, TestServer.Password))!, Cancel);
        Assert.True(client.IsAuthenticated);
        await client.DisconnectAsync(true, Cancel);
    }

    private static async Task<string[]> CapaAsync(Pop3Line line)
    {
        await line.SayAsync("CAPA");
        return Lines(await line.UntilDotAsync());
    }

    private static string[] Lines(string text) => text.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);

    private static async Task<TestServer> WithMailAsync(int count)
    {
        TestServer server = await TestServer.StartAsync();
        await using SmtpTalk talk = await SmtpTalk.ConnectAsync(server.Port("smtp"), Cancel);
        for (int i = 0; i < count; i++)
        {
            Assert.True(await talk.SendAsync(TestServer.You, $"m-{i}", 100 * (i + 1), Cancel));
        }

        return server;
    }
}
