using System.CommandLine;
using Posthorn.Configuration;
using Posthorn.Demo;
using Posthorn.Hosting;

namespace Posthorn.Commands;

/// <summary><c>posthorn demo</c>: a server to try, with mail in it, on loopback.</summary>
internal static class DemoCommand
{
    private const int DefaultBasePort = 10_000;

    public static Command Make()
    {
        var folder = new Option<string>("--folder") { Description = "Where the demo keeps its data.", DefaultValueFactory = static _ => "demo", HelpName = "DIR" };
        var basePort = new Option<int>("--base-port")
        {
            Description = "Ports are this plus the usual number: 10000 gives 10587 for submission, 10993 for IMAP.",
            DefaultValueFactory = static _ => DefaultBasePort,
            HelpName = "N",
        };
        var command = new Command("demo", "Starts a server with sample mail on loopback, to try Posthorn out.") { folder, basePort };
        command.SetAction(async (parsed, cancel) =>
        {
            int port = parsed.GetValue(basePort);
            if (port is < 1_024 or > 60_000)
            {
                throw new ConfigurationException($"--base-port is {port}; it must be from 1024 to 60000.");
            }

            PosthornOptions options = DemoOptions(Path.GetFullPath(parsed.GetValue(folder)!), port);
            await using MailServer server = MailServer.Build(options);
            string password = await DemoStore.PrepareAsync(server.Services, options.DataFolder, cancel);
            await server.RunAsync(_ => Print(options, password), cancel);
            CommandContext.Say("Stopped. Run it again to find the same mail.");
            return 0;
        });
        return command;
    }

    internal static PosthornOptions DemoOptions(string folder, int basePort)
    {
        ListenerOptions On(int port) => new() { Address = "127.0.0.1", Port = basePort + port };
        return new PosthornOptions
        {
            DataFolder = folder,
            HostName = "localhost",
            Listeners = new ListenerSet
            {
                Smtp = On(25),
                Submission = On(587),
                Submissions = On(465),
                Imap = On(143),
                Imaps = On(993),
                Pop3 = On(110),
                Pop3s = On(995),
                Web = On(443),
                Metrics = On(90),
            },
            Telemetry = new TelemetryOptions { LogLevel = "Warning" },
        };
    }

    private static void Print(PosthornOptions options, string password)
    {
        ListenerSet ports = options.Listeners;
        CommandContext.Say("Posthorn is running, with sample mail in it. Set up a mail app with:");
        CommandContext.Table(
            ["", "Server", "Port", "Security"],
            [
                ["Outgoing (SMTP)", options.HostName, Text(ports.Submission!.Port), "STARTTLS, required"],
                ["Outgoing, alternative", options.HostName, Text(ports.Submissions!.Port), "TLS"],
                ["Incoming (IMAP)", options.HostName, Text(ports.Imaps!.Port), "TLS"],
                ["Incoming (POP3)", options.HostName, Text(ports.Pop3s!.Port), "TLS"],
            ]);
        CommandContext.Table(["User name", "Password"], [[DemoStore.You, password], [DemoStore.Friend, password]]);
        string authority = Path.Combine(options.DataFolder, "tls", "ca.pem");
        CommandContext.Say($"""
            The certificate is signed by an authority made for this demo: {authority}

            Send a message to your friend:
              printf 'From: {DemoStore.You}\r\nTo: {DemoStore.Friend}\r\nSubject: Hello\r\n\r\nIt works.\r\n' | curl --ssl-reqd --cacert '{authority}' --user '{DemoStore.You}:{password}' --mail-from {DemoStore.You} --mail-rcpt {DemoStore.Friend} --upload-file - smtp://localhost:{ports.Submission.Port}

            Read your friend's newest message:
              curl --cacert '{authority}' --user '{DemoStore.Friend}:{password}' 'imaps://localhost:{ports.Imaps.Port}/INBOX;MAILINDEX=*'

            Web page: https://localhost:{ports.Web!.Port}/
            Ctrl+C stops it.
            """);
    }

    private static string Text(int port) => FormattableString.Invariant($"{port}");
}
