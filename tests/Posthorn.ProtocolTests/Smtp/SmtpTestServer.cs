using System.Globalization;
using System.Net;
using System.Text;
using MailKit.Net.Smtp;
using MailKit.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Core.Storage;
using Posthorn.ProtocolTests.Connections;
using Posthorn.Server.Connections;
using Posthorn.Server.Pop3;
using Posthorn.Server.Smtp;
using Posthorn.Server.Tls;
using Posthorn.Standards.Dns;
using Posthorn.Stores;

namespace Posthorn.ProtocolTests.Smtp;

/// <summary>SMTP on its three ports, and POP3 to look what came, over a store of its own that can be told to fail, with you@, friend@, closed@ and full@example.test, on a clock that only tests move.</summary>
internal sealed class SmtpTestServer : IAsyncDisposable
{
    public const string HostName = "mx.example.test";

    /// <summary>Password of you@example.test; the others have none.</summary>
    public const string Password = "secret";

    // Computed once for all tests.
    private static readonly string Hash = PasswordHash.Create(Password, Argon2Parameters.Default).Format();
    private static readonly string Keys = Posthorn.Standards.Sasl.ScramKeys.Create(Password, Posthorn.Standards.Sasl.ScramKeys.MinIterations).Format();

    private readonly WebApplication _app;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("posthorn-smtp-");
    private MailListener? _relay;
    private MailListener? _submission;
    private MailListener? _submissions;
    private MailListener? _pop3;

    private SmtpTestServer(SmtpOptions options)
    {
        Authority = LocalAuthority.Open(_folder.FullName, Time);
        var files = Authority.Issue([HostName], [IPAddress.Loopback], KeyType.EcP256);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<TimeProvider>(Time);
        builder.Services.AddSingleton(new CertificateStore([files], Time, NullLogger<CertificateStore>.Instance));
        builder.Services.AddPosthornCore(new StoreOptions { DataFolder = _folder.FullName, Database = TestDatabase.For(_folder.FullName), Bodies = TestDatabase.BodiesFor(_folder.FullName) });
        FullDisk.Install(builder.Services);
        builder.Services.AddSingleton<IDnsResolver>(ZoneTextResolver.Parse(""));
        builder.Services.AddPosthornSmtp(options);
        builder.Services.AddSingleton(new ConnectionLimits());
        builder.Services.AddPop3(new Pop3Limits());
        builder.WebHost.ConfigureKestrel(server =>
        {
            var any = new IPEndPoint(IPAddress.Loopback, 0);
            _relay = server.ListenMail<SmtpConnectionHandler>(any, new SmtpListenerOptions(SmtpRole.Relay));
            _submission = server.ListenMail<SmtpConnectionHandler>(any, new SmtpListenerOptions(SmtpRole.Submission));
            _submissions = server.ListenMail<SmtpConnectionHandler>(any, new SmtpListenerOptions(SmtpRole.Submissions));
            _pop3 = server.ListenMail<Pop3ConnectionHandler>(any, new MailListenerOptions("pop3s", ImplicitTls: true));
        });
        _app = builder.Build();
    }

    public ObservedTime Time { get; } = new(DateTimeOffset.Parse("2026-03-01T12:00:00Z", CultureInfo.InvariantCulture));

    public LocalAuthority Authority { get; }

    public string Folder => _folder.FullName;

    public int Pop3Port => _pop3!.Endpoint.Port;

    public FullDisk Disk => Get<FullDisk>();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<SmtpTestServer> StartAsync(SmtpLimits? limits = null, long maxMessageBytes = 1024 * 1024)
    {
        var server = new SmtpTestServer(new SmtpOptions { HostName = HostName, MaxMessageBytes = maxMessageBytes, Limits = limits ?? new SmtpLimits() });
        await server.AddAccountsAsync();
        await server._app.StartAsync(Cancel);
        return server;
    }

    public T Get<T>() where T : notnull => _app.Services.GetRequiredService<T>();

    public Task StopAsync() => _app.StopAsync(Cancel);

    public async Task<SmtpTestClient> ConnectAsync(SmtpRole role = SmtpRole.Relay)
    {
        var client = await SmtpTestClient.ConnectAsync(Listener(role).Endpoint, this);
        if (role == SmtpRole.Submissions)
        {
            await client.HandshakeAsync();
        }
        return client;
    }

    /// <summary>A client that others wrote, connected and within TLS.</summary>
    public async Task<SmtpClient> MailKitAsync(SmtpRole role)
    {
        var client = new SmtpClient
        {
            CheckCertificateRevocation = false,
            ServerCertificateValidationCallback = (_, certificate, _, _) => certificate is not null,
        };
        var options = role == SmtpRole.Submissions ? SecureSocketOptions.SslOnConnect : SecureSocketOptions.StartTls;
        await client.ConnectAsync("127.0.0.1", Listener(role).Endpoint.Port, options, Cancel);
        return client;
    }

    private MailListener Listener(SmtpRole role) => role switch
    {
        SmtpRole.Relay => _relay!,
        SmtpRole.Submission => _submission!,
        _ => _submissions!,
    };

    /// <summary>Port 25 after greeting and EHLO.</summary>
    public async Task<SmtpTestClient> GreetedAsync()
    {
        var client = await ConnectAsync();
        await client.DialogAsync("""
            S: 220 ~
            C: EHLO client.example.net
            S: 250-~
            """);
        return client;
    }

    /// <summary>The octets of all messages in the inbox, prefix included.</summary>
    public async Task<IReadOnlyList<string>> InboxAsync(string address)
    {
        var account = await AccountAsync(address);
        var actor = new Actor(account.Id, "test", "1", null);
        var inbox = (await Get<Mailboxes>().FindAsync(actor, account.Id, "INBOX", Cancel)).Value;
        var messages = Get<Messages>();
        var read = await messages.ReadAsync(actor, account.Id, inbox.Id, UidSet.All, MessageFields.Content, Cancel);
        List<string> texts = [];
        foreach (var message in read.Value)
        {
            await using var content = await messages.OpenAsync(actor, account.Id, message, Cancel);
            using var reader = new StreamReader(content!.OpenRead(), Encoding.Latin1);
            texts.Add(await reader.ReadToEndAsync(Cancel));
        }
        return texts;
    }

    private ValueTask<Account> AccountAsync(string address) =>
        Get<IStore>().ReadAsync(AccountId.Store, async session => (await session.Directory.AccountAsync(address))!, Cancel);

    private async Task AddAccountsAsync()
    {
        await Get<Domains>().AddAsync(Actor.System("test"), "example.test", [], Cancel);
        var now = Time.GetUtcNow();
        foreach (var name in new[] { "you", "friend", "closed", "full" })
        {
            await Get<IStore>().WriteAsync(
                new[] { AccountId.Store },
                async session =>
                {
                    var id = await session.Directory.InsertAccountAsync($"{name}@example.test", null, name == "you", name == "you" ? Hash : "-", name == "you" ? Keys : "-", now);
                    await session.Mailboxes.InsertAsync(id, Mailbox.Inbox, SpecialUse.None, false);
                    if (name == "closed")
                    {
                        await session.Directory.SetDisabledAsync(id, true);
                    }
                    if (name == "full")
                    {
                        await session.Directory.SetQuotaAsync(id, 0);
                    }
                    return id;
                },
                Cancel);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        TestDatabase.Drop(_folder.FullName);
        _folder.Delete(recursive: true);
    }
}
