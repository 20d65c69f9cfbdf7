using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Posthorn.ProtocolTests.RealClients;

/// <summary>A Postfix of its own: configuration, queue and mail in a temporary folder, one port on loopback. It takes mail for elsewhere.test, user "known".</summary>
/// <remarks>Postfix starts as root only and gives up its rights by itself. The port is free when it is chosen; Postfix says so if it was taken meanwhile.</remarks>
internal sealed class PostfixInstance : IAsyncDisposable
{
    private static readonly string[] Services =
    [
        "cleanup unix n - n - 0 cleanup", "qmgr unix n - n 300 1 qmgr", "rewrite unix - - n - - trivial-rewrite", "bounce unix - - n - 0 bounce",
        "defer unix - - n - 0 bounce", "trace unix - - n - 0 bounce", "proxymap unix - - n - - proxymap", "tlsmgr unix - - n 1000? 1 tlsmgr",
        "error unix - - n - - error", "retry unix - - n - - error", "virtual unix - n n - - virtual", "anvil unix - - n - 1 anvil",
        "scache unix - - n - 1 scache", "postlog unix-dgram n - n - 1 postlogd",
    ];

    private readonly DirectoryInfo _folder;

    private PostfixInstance(DirectoryInfo folder, int port) => (_folder, Port) = (folder, port);

    public int Port { get; }

    /// <summary>What Postfix logged.</summary>
    public string Log => File.Exists(InFolder("log")) ? File.ReadAllText(InFolder("log")) : "";

    /// <param name="refuse">Lines of a texthash table: address and answer, for recipients that are refused.</param>
    public static async Task<PostfixInstance> StartAsync(string refuse = "")
    {
        Assert.True(Environment.IsPrivilegedProcess, "This test starts a Postfix, which only root can: run ./build test as root, or in a container.");
        DirectoryInfo folder = Directory.CreateTempSubdirectory("posthorn-postfix-");
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        int port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        var postfix = new PostfixInstance(folder, port);
        await postfix.WriteAsync(refuse);
        await RunAsync("postfix", "-c", folder.FullName, "start");
        return postfix;
    }

    /// <summary>Waits for the next messages in the mailbox of "known"; the octets as Postfix filed them, line ends as LF.</summary>
    public async Task<IReadOnlyList<string>> MailWhenAsync(int count)
    {
        string inbox = InFolder("mail/known/new");
        while (!Directory.Exists(inbox) || Directory.GetFiles(inbox).Length < count)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken);
        }

        return [.. Directory.GetFiles(inbox).Order(StringComparer.Ordinal).Select(File.ReadAllText)];
    }

    public async ValueTask DisposeAsync()
    {
        await RunAsync("postfix", "-c", _folder.FullName, "stop");
        _folder.Delete(recursive: true);
    }

    private async Task WriteAsync(string refuse)
    {
        const UnixFileMode open = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute
            | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        File.SetUnixFileMode(_folder.FullName, open);
        foreach (string name in (string[])["queue", "data", "mail"])
        {
            _folder.CreateSubdirectory(name);
        }

        await RunAsync("chown", "postfix", InFolder("data"), InFolder("mail"));
        await RunAsync("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=mx.elsewhere.test", "-keyout", InFolder("key.pem"), "-out", InFolder("cert.pem"));
        string user = (await RunAsync("id", "-u", "postfix")).Trim(), group = (await RunAsync("id", "-g", "postfix")).Trim();
        await File.WriteAllTextAsync(InFolder("known"), "known@elsewhere.test known/\n");
        await File.WriteAllTextAsync(InFolder("refuse"), refuse + "\n");
        await File.WriteAllTextAsync(InFolder("main.cf"), $"""
            compatibility_level = 3.6
            queue_directory = {InFolder("queue")}
            data_directory = {InFolder("data")}
            maillog_file = {InFolder("log")}
            maillog_file_prefixes = {Path.GetDirectoryName(_folder.FullName)}
            myhostname = mx.elsewhere.test
            mydestination =
            mynetworks =
            inet_interfaces = 127.0.0.1
            inet_protocols = ipv4
            alias_maps =
            alias_database =
            local_recipient_maps =
            default_database_type = texthash
            virtual_mailbox_domains = elsewhere.test
            virtual_mailbox_base = {InFolder("mail")}
            virtual_mailbox_maps = texthash:{InFolder("known")}
            virtual_minimum_uid = 1
            virtual_uid_maps = static:{user}
            virtual_gid_maps = static:{group}
            smtpd_recipient_restrictions = check_recipient_access texthash:{InFolder("refuse")}, reject_unauth_destination
            smtpd_tls_security_level = may
            smtpd_tls_cert_file = {InFolder("cert.pem")}
            smtpd_tls_key_file = {InFolder("key.pem")}
            smtpd_tls_received_header = yes

            """);
        await File.WriteAllTextAsync(InFolder("master.cf"), $"{Port} inet n - n - - smtpd\n{string.Join('\n', Services)}\n");
    }

    private string InFolder(string name) => Path.Combine(_folder.FullName, name);

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        string found = File.Exists($"/usr/sbin/{program}") ? $"/usr/sbin/{program}" : program;
        using Process process = Process.Start(new ProcessStartInfo(found, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })
            ?? throw new InvalidOperationException($"{program} did not start.");
        // Postfix's master keeps the streams it was started with: they are read without waiting for their end.
        string output = program == "postfix" ? "" : await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}.");
        return output;
    }
}
