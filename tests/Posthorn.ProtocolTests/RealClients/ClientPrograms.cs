using System.Diagnostics;

namespace Posthorn.ProtocolTests.RealClients;

/// <summary>Mail programs from Debian as devices of <see cref="TestServer.You"/>; each is started, does its work and ends.</summary>
internal sealed class ClientPrograms(TestServer server)
{
    /// <summary>Longer than any of them needs on a slow machine.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private string Authority => Path.Combine(server.Folder, "data", "tls", "ca.pem");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>offlineimap: a Maildir for each folder, brought into step with the account in both directions.</summary>
    public async Task OfflineImapAsync()
    {
        string configuration = await WriteAsync("offlineimaprc", $"""
            [general]
            accounts = you
            metadata = {Folder("offlineimap-state")}
            ui = quiet
            [Account you]
            localrepository = local
            remoterepository = remote
            [Repository local]
            type = Maildir
            localfolders = {Path.Combine(server.Folder, "offlineimap")}
            [Repository remote]
            type = IMAP
            remotehost = localhost
            remoteport = {server.Port("imaps")}
            remoteuser = {TestServer.You}
            remotepass = {TestServer.Password}
            ssl = yes
            sslcacertfile = {Authority}

            """);
        await RunAsync("offlineimap", ["-c", configuration, "-o"]);
    }

    /// <summary>Files of a folder of offlineimap's copy.</summary>
    public IReadOnlyList<string> OfflineImapFiles(string folder) => Files(Path.Combine(server.Folder, "offlineimap", folder));

    /// <summary>mbsync: INBOX as a Maildir.</summary>
    /// <param name="kept">The newest of so many messages come, unread ones too.</param>
    public async Task<IReadOnlyList<string>> MbsyncAsync(int kept)
    {
        string folder = Folder("mbsync");
        string configuration = await WriteAsync("mbsyncrc-you", $"""
            FSync no

            IMAPAccount you
            Host localhost
            Port {server.Port("imaps")}
            User {TestServer.You}
            Pass "{TestServer.Password}"
            SSLType IMAPS
            CertificateFile {Authority}

            IMAPStore remote
            Account you

            MaildirStore local
            Path {folder}/
            Inbox {folder}/INBOX
            SubFolders Verbatim

            Channel you
            Far :remote:
            Near :local:
            Patterns INBOX
            Create Both
            MaxMessages {kept}
            ExpireUnread yes
            SyncState {folder}/state-

            """);
        await RunAsync("mbsync", ["-c", configuration, "-a"]);
        return Files(Path.Combine(folder, "INBOX"));
    }

    /// <summary>neomutt on a terminal of its own: opens INBOX, types the keys, and quits.</summary>
    public async Task NeomuttAsync(string keys)
    {
        string configuration = await WriteAsync("neomuttrc", $"""
            set ssl_ca_certificates_file="{Authority}"
            set certificate_file="{Authority}"
            set imap_user="{TestServer.You}"
            set imap_pass="{TestServer.Password}"
            set folder="imaps://localhost:{server.Port("imaps")}/"
            set spoolfile="+INBOX"
            set header_cache=""
            set delete=yes
            set move=no
            set resolve=no
            set wait_key=no
            push "{keys}<quit>"

            """);
        await RunAsync("script", ["-qec", $"neomutt -F {configuration}", "/dev/null"]);
    }

    /// <summary>Python's imaplib, signed in as <c>c</c>; gives what the program prints.</summary>
    public Task<string> PythonAsync(string program) => RunAsync("python3", ["-c", $"""
        import imaplib, ssl
        c = imaplib.IMAP4_SSL('localhost', {server.Port("imaps")}, ssl_context=ssl.create_default_context(cafile='{Authority}'))
        c.login('{TestServer.You}', '{TestServer.Password}')
        {program}
        c.logout()
        """]);

    /// <summary>curl: one message of a folder by its number.</summary>
    public Task<string> CurlAsync(string folder, int number) => RunAsync(
        "curl",
        ["--silent", "--show-error", "--cacert", Authority, "--user", $"{TestServer.You}:{TestServer.Password}", $"imaps://localhost:{server.Port("imaps")}/{folder};MAILINDEX={number}"]);

    private string Folder(string name) => Directory.CreateDirectory(Path.Combine(server.Folder, name)).FullName;

    private static IReadOnlyList<string> Files(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(Path.GetDirectoryName(file)) is "cur" or "new")];

    private async Task<string> WriteAsync(string name, string text)
    {
        string path = Path.Combine(server.Folder, name);
        await File.WriteAllTextAsync(path, text, Cancel);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }

    private async Task<string> RunAsync(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["HOME"] = server.Folder;
        start.Environment["TERM"] = "xterm";
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(Patience);
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(patience.Token), errors = process.StandardError.ReadToEndAsync(patience.Token);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        string said = await output + await errors;
        Assert.True(process.ExitCode == 0, $"{program} ended with {process.ExitCode}: {said}");
        return said;
    }
}
