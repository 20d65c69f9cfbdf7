using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using MailKit.Net.Imap;
using MailKit.Net.Pop3;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace Posthorn.ProtocolTests.Web;

/// <summary>"Test my settings": what the server sees of an app, live and by reload, for the one whose app it is; and a message round the loop.</summary>
public sealed class SettingsTestTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_wrong_password_and_then_the_right_one_are_told_as_they_happen()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.GetAsync("/help/test");
        using HttpResponseMessage answer = await client.StreamAsync("/help/test/events?after=0");
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType?.MediaType);
        using var events = new StreamReader(await answer.Content.ReadAsStreamAsync(Cancel));
        using (ImapClient imap = await ConnectAsync(server))
        {
            // One try: by name and password it would go on to the next mechanism.
            await Assert.ThrowsAsync<AuthenticationException>(() => imap.AuthenticateAsync(new SaslMechanismPlain(TestServer.You, "wrong"), Cancel));
            await imap.AuthenticateAsync(TestServer.You, TestServer.Password, Cancel);
            await imap.DisconnectAsync(true, Cancel);
        }

        Line[] lines = await ReadAsync(events, 5);
        Assert.Equal(["A connection.", "It is encrypted now.", "The password was wrong.", "You are signed in.", "The app said goodbye."], lines.Select(static line => line.What));
        Assert.Equal(["plain", "good", "bad", "good", "plain"], lines.Select(static line => line.Kind));
        Assert.Equal($"IMAP, port {server.Port("imaps")}, from 127.0.0.1, TLS 1.3", lines[2].Where);
        Assert.Contains("app password", lines[2].Advice, StringComparison.Ordinal);
        // By reload the page says the same.
        string page = (await client.GetAsync("/help/test")).Text;
        Assert.Contains("The password was wrong.", page, StringComparison.Ordinal);
        Assert.Contains($"IMAP, port {server.Port("imaps")}, from 127.0.0.1, TLS 1.3", page, StringComparison.Ordinal);
        await client.PostAsync("/help/test/clear");
        Assert.DoesNotContain("The password was wrong.", (await client.GetAsync("/help/test")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_protocol_tells_its_mistakes()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.GetAsync("/help/test");
        // Without encryption, in each protocol; to the door of servers; no TLS where it must come first.
        await TalkAsync(server, "submission", "EHLO app.test", "AUTH PLAIN AGEAYg==", "QUIT");
        await TalkAsync(server, "imap", "a LOGIN you@example.test x", "b LOGOUT");
        await TalkAsync(server, "pop3", "USER you@example.test", "QUIT");
        await TalkAsync(server, "smtp", "EHLO app.test", "AUTH PLAIN AGEAYg==", "QUIT");
        await TalkAsync(server, "submissions", "EHLO app.test");
        string page = WebUtility.HtmlDecode((await client.GetAsync("/help/test")).Text);
        Assert.Equal(3, page.Split("The app wanted to go on without encryption, and was refused.").Length - 1);
        Assert.Contains($"Choose STARTTLS for port {server.Port("submission")}", page, StringComparison.Ordinal);
        Assert.Contains("An app is at the door that is for servers only.", page, StringComparison.Ordinal);
        Assert.Contains("The server refused: 502 5.5.1 No sign-in on this port; mail programs use port 465 or 587", page, StringComparison.Ordinal);
        Assert.Contains("The app hung up, or spoke without TLS: choose SSL/TLS for this port", page, StringComparison.Ordinal);
        Assert.DoesNotContain("AGEAYg==", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sending_is_told_with_what_is_refused_and_what_is_taken()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.GetAsync("/help/test");
        using var smtp = new SmtpClient { CheckCertificateRevocation = false, ServerCertificateValidationCallback = IsOurs };
        await smtp.ConnectAsync("localhost", server.Port("submission"), SecureSocketOptions.StartTls, Cancel);
        await smtp.AuthenticateAsync(TestServer.You, TestServer.Password, Cancel);
        await Assert.ThrowsAsync<SmtpCommandException>(() => smtp.SendAsync(Message(TestServer.Friend), Cancel));
        await smtp.SendAsync(Message(TestServer.You), Cancel);
        string page = WebUtility.HtmlDecode((await client.GetAsync("/help/test")).Text);
        Assert.Contains("The server refused: 550 5.7.1 You may not send from this address", page, StringComparison.Ordinal);
        Assert.Contains("A message was taken and is on its way.", page, StringComparison.Ordinal);
        Assert.Contains($"Sending (SMTP), port {server.Port("submission")}, from 127.0.0.1, TLS 1.3", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_sees_the_sign_ins_of_others()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.GetAsync("/help/test");
        using var pop = new Pop3Client { CheckCertificateRevocation = false, ServerCertificateValidationCallback = IsOurs };
        await pop.ConnectAsync("localhost", server.Port("pop3s"), SecureSocketOptions.SslOnConnect, Cancel);
        await pop.AuthenticateAsync(TestServer.Friend, TestServer.Password, Cancel);
        await pop.DisconnectAsync(true, Cancel);
        string page = (await client.GetAsync("/help/test")).Text;
        Assert.Contains("It gave a user name that is not your address.", page, StringComparison.Ordinal);
        Assert.DoesNotContain("friend@", page, StringComparison.Ordinal);
        Assert.DoesNotContain("You are signed in.", page, StringComparison.Ordinal);
        // And without a sign-in there is nothing to see, and no stream.
        using var stranger = new WebClient(server);
        Assert.DoesNotContain("id=\"seen\"", (await stranger.GetAsync("/help/test")).Text, StringComparison.Ordinal);
        Assert.StartsWith("/signin", (await stranger.GetAsync("/help/test/events")).Location, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_goes_round_the_loop_and_leaves_nothing_behind()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.GetAsync("/help/test");
        string page = (await client.PostAsync("/help/test/loop", ("password", TestServer.Password))).Text;
        Assert.Equal(6, page.Split("<li class=\"good\"><span class=\"mark\"").Length - 1 + page.Split("<li class=\"good\">\n").Length - 1);
        Assert.Contains("All of it works.", page, StringComparison.Ordinal);
        Assert.Contains($"Connect to the outgoing server, port {server.Port("submission")}", page, StringComparison.Ordinal);
        Assert.Contains("TLS 1.3. The certificate names mx.example.test", page, StringComparison.Ordinal);
        Assert.DoesNotContain(TestServer.Password, page, StringComparison.Ordinal);
        Assert.Empty(await server.MailAsync(TestServer.You));
    }

    [Fact]
    public async Task The_loop_stops_where_it_fails_and_says_why()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.GetAsync("/help/test");
        string page = WebUtility.HtmlDecode((await client.PostAsync("/help/test/loop", ("password", "wrong <b>"))).Text);
        Assert.Contains("It stopped there.", page, StringComparison.Ordinal);
        Assert.Contains("The password was wrong, or too many wrong ones came before.", page, StringComparison.Ordinal);
        Assert.DoesNotContain("Hand the message over", page, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong <b>", page, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, (await client.PostAsync("/help/test/loop", token: "made up", ("password", TestServer.Password))).Status);
    }

    [Fact]
    public async Task Without_IMAP_the_loop_says_that_it_cannot_be_walked()
    {
        await using TestServer server = await TestServer.StartAsync(change: static options => options with { Listeners = options.Listeners with { Imap = null, Imaps = null } });
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.GetAsync("/help/test");
        Assert.Contains("This server does not offer it.", (await client.PostAsync("/help/test/loop", ("password", TestServer.Password))).Text, StringComparison.Ordinal);
    }

    private static async Task<ImapClient> ConnectAsync(TestServer server)
    {
        var imap = new ImapClient { CheckCertificateRevocation = false, ServerCertificateValidationCallback = IsOurs };
        await imap.ConnectAsync("localhost", server.Port("imaps"), SecureSocketOptions.SslOnConnect, Cancel);
        return imap;
    }

    /// <summary>Says lines without TLS and waits for the end.</summary>
    private static async Task TalkAsync(TestServer server, string listener, params string[] lines)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, server.Port(listener), Cancel);
        await using NetworkStream stream = client.GetStream();
        using var reader = new StreamReader(stream, Encoding.ASCII);
        try
        {
            foreach (string line in lines)
            {
                await stream.WriteAsync(Encoding.ASCII.GetBytes(line + "\r\n"), Cancel);
            }

            client.Client.Shutdown(SocketShutdown.Send);
            await reader.ReadToEndAsync(Cancel);
        }
        catch (IOException)
        {
            // Cut: no TLS came where it had to.
        }
    }

    private static bool IsOurs(object sender, System.Security.Cryptography.X509Certificates.X509Certificate? certificate, System.Security.Cryptography.X509Certificates.X509Chain? chain, SslPolicyErrors errors) =>
        certificate?.Subject == "CN=mx.example.test";

    private static MimeMessage Message(string from) =>
        new([new MailboxAddress("", from)], [new MailboxAddress("", TestServer.Friend)], "A test", new TextPart("plain") { Text = "It works." });

    private static async Task<Line[]> ReadAsync(StreamReader events, int count)
    {
        var lines = new List<Line>();
        while (lines.Count < count && await events.ReadLineAsync(Cancel) is { } line)
        {
            if (line.StartsWith("data: {", StringComparison.Ordinal))
            {
                lines.Add(JsonSerializer.Deserialize<Line>(line["data: ".Length..], JsonSerializerOptions.Web)!);
            }
        }

        return [.. lines];
    }

    private sealed record Line(string Time, string Kind, string Where, string What, string Advice, string Link);
}
