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

    private static async Task<string> RunAsync(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        Task<string> output = process.StandardOutput.ReadToEndAsync(Cancel), errors = process.StandardError.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel);
        Assert.True(process.ExitCode == 0, $"{program} ended with {process.ExitCode}: {await errors}");
        return await output;
    }
}
