using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Administration;
using Posthorn.Configuration;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Hosting;
using Posthorn.Stores;

namespace Posthorn.ProtocolTests;

/// <summary>The whole program in this process, on free loopback ports and a temporary store, with two accounts.</summary>
public sealed class TestServer : IAsyncDisposable
{
    public const string Domain = "example.test";
    public const string You = "you@example.test";
    public const string Friend = "friend@example.test";
    public const string Password = "correct horse";

    private readonly MailServer _server;
    private readonly string _folder;

    private TestServer(MailServer server, string folder) => (_server, _folder) = (server, folder);

    internal IServiceProvider Services => _server.Services;

    internal string Folder => _folder;

    /// <summary>Port of a listener: smtp, submission, submissions, imap, imaps, pop3, pop3s.</summary>
    public int Port(string name) => _server.Ports.PortOf(name) ?? throw new InvalidOperationException($"{name} does not listen.");

    public Uri WebAddress => new($"https://localhost:{_server.Ports.Web}/");

    public Uri MetricsAddress => new($"http://127.0.0.1:{_server.Ports.Metrics}/");

    /// <param name="zone">What the DNS says, as zone text.</param>
    /// <param name="change">Changes the configuration.</param>
    /// <param name="time">The server's clock.</param>
    internal static async Task<TestServer> StartAsync(
        string zone = "", Func<PosthornOptions, PosthornOptions>? change = null, TimeProvider? time = null)
    {
        TestServer server = Build(zone, change, time);
        await DomainOperations.AddAsync(server.Services, Administrator, Domain, Cancel);
        var accounts = server.Services.GetRequiredService<Accounts>();
        _ = (await accounts.AddAsync(Administrator, You, Password, null, isAdministrator: true, Cancel)).Value;
        _ = (await accounts.AddAsync(Administrator, Friend, Password, null, isAdministrator: false, Cancel)).Value;
        await server._server.StartAsync(Cancel);
        return server;
    }

    /// <summary>One more node on a store that has its accounts.</summary>
    internal static async Task<TestServer> JoinAsync(Func<PosthornOptions, PosthornOptions> change)
    {
        TestServer server = Build("", change, null);
        await server._server.StartAsync(Cancel);
        return server;
    }

    private static TestServer Build(string zone, Func<PosthornOptions, PosthornOptions>? change, TimeProvider? time)
    {
        string folder = Directory.CreateTempSubdirectory("posthorn-server-").FullName;
        string zoneFile = Path.Combine(folder, "zone");
        File.WriteAllText(zoneFile, zone);
        static ListenerOptions Free() => new() { Address = "127.0.0.1", Port = 0 };
        var options = new PosthornOptions
        {
            DataFolder = Path.Combine(folder, "data"),
            Store = TestDatabase.For(Path.Combine(folder, "data")),
            Bodies = TestBodies.For(Path.Combine(folder, "data")),
            HostName = "mx.example.test",
            Listeners = new ListenerSet
            {
                Smtp = Free(),
                Submission = Free(),
                Submissions = Free(),
                Imap = Free(),
                Imaps = Free(),
                Pop3 = Free(),
                Pop3s = Free(),
                Web = Free(),
                Metrics = Free(),
            },
            Limits = new LimitOptions { MaxConnectionsPerAddress = 1_000 },
            Dns = new DnsOptions { ZoneFile = zoneFile },
            Telemetry = new TelemetryOptions { LogLevel = "Warning" },
        };
        return new TestServer(MailServer.Build(change?.Invoke(options) ?? options, time ?? TimeProvider.System), folder);
    }

    /// <summary>The octets of all messages in a mailbox, oldest first.</summary>
    internal async Task<IReadOnlyList<string>> MailAsync(string address, string mailbox = Mailbox.Inbox)
    {
        Account account = (await Services.GetRequiredService<Accounts>().GetAsync(Administrator, address, Cancel)).Value;
        Messages messages = Services.GetRequiredService<Messages>();
        Mailbox box = (await Services.GetRequiredService<Mailboxes>().FindAsync(Administrator, account.Id, mailbox, Cancel)).Value;
        var texts = new List<string>();
        foreach (Message message in (await messages.ReadAsync(Administrator, account.Id, box.Id, UidSet.All, MessageFields.Content, Cancel)).Value)
        {
            await using MessageContent content = await messages.OpenAsync(Administrator, account.Id, message, Cancel) ?? throw new InvalidOperationException("no octets");
            using var reader = new StreamReader(content.OpenRead(), Encoding.Latin1);
            texts.Add(await reader.ReadToEndAsync(Cancel));
        }

        return texts;
    }

    /// <summary>UIDs of the inbox.</summary>
    internal async Task<IReadOnlyList<uint>> UidsAsync(string address)
    {
        Account account = (await Services.GetRequiredService<Accounts>().GetAsync(Administrator, address, Cancel)).Value;
        Mailbox box = (await Services.GetRequiredService<Mailboxes>().FindAsync(Administrator, account.Id, Mailbox.Inbox, Cancel)).Value;
        return [.. (await Services.GetRequiredService<Messages>().ReadAsync(Administrator, account.Id, box.Id, UidSet.All, MessageFields.None, Cancel)).Value.Select(message => message.Uid)];
    }

    /// <summary>Waits until the inbox holds so many messages.</summary>
    internal async Task<IReadOnlyList<string>> MailWhenAsync(string address, int count)
    {
        Account account = (await Services.GetRequiredService<Accounts>().GetAsync(Administrator, address, Cancel)).Value;
        using Posthorn.Core.Changes.ChangeSubscription changes = Services.GetRequiredService<Posthorn.Core.Changes.ChangeFeed>().Subscribe(account.Id);
        while (true)
        {
            changes.Reset();
            IReadOnlyList<string> mail = await MailAsync(address);
            if (mail.Count >= count)
            {
                return mail;
            }

            await changes.WaitAsync(Cancel);
        }
    }

    internal static Actor Administrator { get; } = Actor.System("test");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync(CancellationToken.None);
        await _server.DisposeAsync();
        TestDatabase.Drop(Path.Combine(_folder, "data"));
        Directory.Delete(_folder, recursive: true);
    }
}
