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

    private static readonly PreparedStore Prepared = new(static async data =>
    {
        TestServer server = Build(Directory.GetParent(data)!.FullName, "", null, null);
        await FillAsync(server.Services);
        await server._server.DisposeAsync();
    });

    private readonly PosthornOptions _options;
    private readonly TimeProvider _time;
    private readonly string _folder;
    private MailServer _server;

    private TestServer(PosthornOptions options, TimeProvider time, string folder)
    {
        (_options, _time, _folder) = (options, time, folder);
        _server = MailServer.Build(options, time);
    }

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
        string folder = Directory.CreateTempSubdirectory("posthorn-server-").FullName;
        if (time is null)
        {
            await Prepared.CopyToAsync(Path.Combine(folder, "data"));
        }

        TestServer server = Build(folder, zone, change, time);
        await FillAsync(server.Services);
        await server._server.StartAsync(Cancel);
        return server;
    }

    /// <summary>One more node on a store that has its accounts.</summary>
    internal static async Task<TestServer> JoinAsync(Func<PosthornOptions, PosthornOptions> change)
    {
        TestServer server = Build(Directory.CreateTempSubdirectory("posthorn-server-").FullName, "", change, null);
        await server._server.StartAsync(Cancel);
        return server;
    }

    /// <summary>A domain with two accounts, if the store is empty.</summary>
    private static async Task FillAsync(IServiceProvider services)
    {
        var accounts = services.GetRequiredService<Accounts>();
        if ((await accounts.ListAsync(Administrator, Cancel)).Value.Count == 0)
        {
            _ = (await DomainOperations.AddAsync(services, Administrator, Domain, Cancel)).Value;
            _ = (await accounts.AddAsync(Administrator, You, Password, null, isAdministrator: true, Cancel)).Value;
            _ = (await accounts.AddAsync(Administrator, Friend, Password, null, isAdministrator: false, Cancel)).Value;
        }
    }

    private static TestServer Build(string folder, string zone, Func<PosthornOptions, PosthornOptions>? change, TimeProvider? time)
    {
        PosthornOptions options = Options(folder);
        File.WriteAllText(options.Dns.ZoneFile, zone);
        return new TestServer(change?.Invoke(options) ?? options, time ?? TimeProvider.System, folder);
    }

    private static PosthornOptions Options(string folder)
    {
        static ListenerOptions Free() => new() { Address = "127.0.0.1", Port = 0 };
        return new PosthornOptions
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
            Dns = new DnsOptions { ZoneFile = Path.Combine(folder, "zone") },
            Telemetry = new TelemetryOptions { LogLevel = "Warning" },
        };
    }

    /// <summary>Stops it, does what is given meanwhile, and starts it again on the same store; the web is where it was.</summary>
    internal async Task RestartAsync(Func<Task> meanwhile)
    {
        int web = WebAddress.Port;
        await _server.StopAsync(Cancel);
        await _server.DisposeAsync();
        await meanwhile();
        _server = MailServer.Build(_options with { Listeners = _options.Listeners with { Web = new ListenerOptions { Address = "127.0.0.1", Port = web } } }, _time);
        await _server.StartAsync(Cancel);
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
