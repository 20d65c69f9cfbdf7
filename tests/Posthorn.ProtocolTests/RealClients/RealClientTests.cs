using System.Diagnostics;

namespace Posthorn.ProtocolTests.RealClients;

/// <summary>Clients that people use, from Debian, against the whole server.</summary>
public sealed class RealClientTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Curl_sends_by_submission_and_reads_by_imap_and_pop3()
    {
        await using TestServer server = await TestServer.StartAsync();
        string message = Path.Combine(server.Folder, "message");
        await File.WriteAllTextAsync(message, $"From: {TestServer.You}\r\nTo: {TestServer.Friend}\r\nSubject: by curl\r\n\r\nIt works.\r\n", Cancel);
        string authority = Path.Combine(server.Folder, "data", "tls", "ca.pem");
        string[] common = ["--silent", "--show-error", "--cacert", authority, "--ssl-reqd"];
        await RunAsync("curl", [.. common, "--user", $"{TestServer.You}:{TestServer.Password}", "--mail-from", TestServer.You, "--mail-rcpt", TestServer.Friend,
            "--upload-file", message, $"smtp://localhost:{server.Port("submission")}"]);
        string[] friend = [.. common, "--user", $"{TestServer.Friend}:{TestServer.Password}"];
        Assert.Contains("It works.", await RunAsync("curl", [.. friend, $"imaps://localhost:{server.Port("imaps")}/INBOX;MAILINDEX=1"]), StringComparison.Ordinal);
        Assert.Contains("It works.", await RunAsync("curl", [.. friend, $"pop3s://localhost:{server.Port("pop3s")}/1"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mbsync_keeps_two_copies_in_step()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using (var talk = await Durability.SmtpTalk.ConnectAsync(server.Port("smtp"), Cancel))
        {
            Assert.True(await talk.SendAsync(TestServer.You, "one", 500, Cancel));
            Assert.True(await talk.SendAsync(TestServer.You, "two", 500, Cancel));
        }

        string configuration = Path.Combine(server.Folder, "mbsyncrc");
        await File.WriteAllTextAsync(configuration, string.Concat(Channel(server, "a"), Channel(server, "b")), Cancel);
        await RunAsync("mbsync", ["-c", configuration, "-a"]);
        string first = Inbox(server, "a").First(file => File.ReadAllText(file).Contains("Subject: one", StringComparison.Ordinal));
        // Seen and flagged on one copy; the other hears of it through the server.
        string name = Path.GetFileName(first).Split(":2,")[0];
        File.Move(first, Path.Combine(server.Folder, "a", "INBOX", "cur", name + ":2,FS"));
        await RunAsync("mbsync", ["-c", configuration, "-a"]);
        await RunAsync("mbsync", ["-c", configuration, "-a"]);
        string other = Inbox(server, "b").First(file => File.ReadAllText(file).Contains("Subject: one", StringComparison.Ordinal));
        Assert.EndsWith(":2,FS", other, StringComparison.Ordinal);
        Assert.Equal(2, Inbox(server, "b").Count());
    }

    [Fact]
    public async Task Swaks_sends_by_starttls_and_by_tls()
    {
        await using TestServer server = await TestServer.StartAsync();
        string[] common = ["--server", "localhost", "--from", TestServer.You, "--to", TestServer.Friend, "--auth-user", TestServer.You, "--auth-password", TestServer.Password];
        string first = await RunAsync("swaks", [.. common, "--port", $"{server.Port("submission")}", "--tls", "--auth", "PLAIN", "--header", "Subject: by starttls"]);
        await RunAsync("swaks", [.. common, "--port", $"{server.Port("submissions")}", "--tls-on-connect", "--auth", "LOGIN", "--header", "Subject: by tls"]);
        Assert.Contains("<~  250 ", first, StringComparison.Ordinal);
        IReadOnlyList<string> mail = await server.MailAsync(TestServer.Friend);
        Assert.Equal(2, mail.Count);
        Assert.Contains("\r\nSubject: by starttls\r\n", mail[0], StringComparison.Ordinal);
        Assert.Contains("\r\nSubject: by tls\r\n", mail[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Swaks_is_refused_a_password_without_tls()
    {
        await using TestServer server = await TestServer.StartAsync();
        (int status, string output) = await TryAsync("swaks", ["--server", "localhost", "--port", $"{server.Port("submission")}", "--from", TestServer.You, "--to", TestServer.Friend,
            "--auth-user", TestServer.You, "--auth-password", TestServer.Password]);
        Assert.NotEqual(0, status);
        Assert.DoesNotContain("250-AUTH", output, StringComparison.Ordinal);
        Assert.DoesNotContain(" -> AUTH", output, StringComparison.Ordinal);
        Assert.Empty(await server.MailAsync(TestServer.Friend));
    }

    [Fact]
    public async Task Msmtp_sends_with_the_certificate_checked()
    {
        await using TestServer server = await TestServer.StartAsync();
        string configuration = Path.Combine(server.Folder, "msmtprc");
        await File.WriteAllTextAsync(configuration, $"""
            account default
            host localhost
            port {server.Port("submission")}
            tls on
            tls_starttls on
            tls_trust_file {Authority(server)}
            auth scram-sha-256
            user {TestServer.You}
            password "{TestServer.Password}"
            from {TestServer.You}

            """, Cancel);
        File.SetUnixFileMode(configuration, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await RunAsync("msmtp", ["--file", configuration, TestServer.Friend], $"From: {TestServer.You}\nTo: {TestServer.Friend}\nSubject: by msmtp\n\n.dots stay\n");
        string mail = Assert.Single(await server.MailAsync(TestServer.Friend));
        Assert.EndsWith("\r\n\r\n.dots stay\r\n", mail, StringComparison.Ordinal);
        Assert.Contains("\r\nMessage-ID: ", mail, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task S_nail_sends_by_submission_and_sees_it_by_imap_and_pop3()
    {
        await using TestServer server = await TestServer.StartAsync();
        string configuration = Path.Combine(server.Folder, "mailrc"), user = Uri.EscapeDataString(TestServer.You), password = Uri.EscapeDataString(TestServer.Password);
        await File.WriteAllTextAsync(configuration, $"""
            set v15-compat
            set tls-ca-file={Authority(server)} tls-ca-no-defaults tls-verify=strict
            set from={TestServer.You} smtp-auth=plain smtp-use-starttls
            set mta=submission://{user}:{password}@localhost:{server.Port("submission")}

            """, Cancel);
        string[] common = ["-:/", "-X", $"source {configuration}"];
        await RunAsync("s-nail", [.. common, "-S", "sendwait", "-s", "by s-nail", TestServer.Friend], ".a line\n");
        string mail = Assert.Single(await server.MailAsync(TestServer.Friend));
        Assert.Contains("\r\nSubject: by s-nail\r\n", mail, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n.a line\r\n", mail, StringComparison.Ordinal);
        string friend = $"{Uri.EscapeDataString(TestServer.Friend)}:{password}@localhost";
        Assert.Contains("by s-nail", await RunAsync("s-nail", [.. common, "-R", "-H", "-f", $"imaps://{friend}:{server.Port("imaps")}/INBOX"]), StringComparison.Ordinal);
        Assert.Contains("by s-nail", await RunAsync("s-nail", [.. common, "-R", "-H", "-f", $"pop3s://{friend}:{server.Port("pop3s")}"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fetchmail_downloads_by_pop3_and_deletes_what_it_has()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using (var talk = await Durability.SmtpTalk.ConnectAsync(server.Port("smtp"), Cancel))
        {
            Assert.True(await talk.SendAsync(TestServer.You, "one", 500, Cancel));
            Assert.True(await talk.SendAsync(TestServer.You, "two", 90_000, Cancel));
        }

        string configuration = Path.Combine(server.Folder, "fetchmailrc"), fetched = Path.Combine(server.Folder, "fetched");
        await File.WriteAllTextAsync(configuration, $"""
            poll localhost protocol pop3 port {server.Port("pop3s")} uidl
              user "{TestServer.You}" password "{TestServer.Password}" ssl sslcertck sslcertfile {Authority(server)} nokeep fetchall mda "/usr/bin/tee -a {fetched}"

            """, Cancel);
        File.SetUnixFileMode(configuration, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await RunAsync("fetchmail", ["--nodetach", "--nosyslog", "--fetchmailrc", configuration, "--pidfile", Path.Combine(server.Folder, "pid"), "--idfile", Path.Combine(server.Folder, "ids")]);
        string all = await File.ReadAllTextAsync(fetched, Cancel);
        Assert.Contains("Subject: one", all, StringComparison.Ordinal);
        Assert.Contains("Subject: two", all, StringComparison.Ordinal);
        Assert.Empty(await server.MailAsync(TestServer.You));
    }

    private static string Authority(TestServer server) => Path.Combine(server.Folder, "data", "tls", "ca.pem");

    private static IEnumerable<string> Inbox(TestServer server, string copy) =>
        Directory.EnumerateFiles(Path.Combine(server.Folder, copy, "INBOX"), "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(Path.GetDirectoryName(file)) is "cur" or "new");

    private static string Channel(TestServer server, string copy)
    {
        string folder = Path.Combine(server.Folder, copy);
        Directory.CreateDirectory(folder);
        return $"""
            IMAPAccount {copy}
            Host localhost
            Port {server.Port("imaps")}
            User {TestServer.You}
            Pass "{TestServer.Password}"
            SSLType IMAPS
            CertificateFile {Path.Combine(server.Folder, "data", "tls", "ca.pem")}

            IMAPStore {copy}-remote
            Account {copy}

            MaildirStore {copy}-local
            Path {folder}/
            Inbox {folder}/INBOX
            SubFolders Verbatim

            Channel {copy}
            Far :{copy}-remote:
            Near :{copy}-local:
            Patterns INBOX
            Create Both
            SyncState {folder}/state-


            """;
    }

    internal static async Task<string> RunAsync(string program, string[] arguments, string input = "")
    {
        (int status, string output) = await TryAsync(program, arguments, input);
        Assert.True(status == 0, $"{program} ended with {status}: {output}");
        return output;
    }

    /// <summary>Runs a program; its status, and what it wrote to standard output and error.</summary>
    private static async Task<(int Status, string Output)> TryAsync(string program, string[] arguments, string input = "")
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(Cancel), errors = process.StandardError.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel);
        return (process.ExitCode, await output + await errors);
    }
}
