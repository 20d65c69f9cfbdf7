using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Storage;
using Posthorn.ProtocolTests.Connections;
using Posthorn.Server.Connections;
using Posthorn.Server.Imap;
using Posthorn.Server.Pop3;
using Posthorn.Server.Tls;
using Posthorn.Stores;

namespace Posthorn.ProtocolTests.Dialogs;

/// <summary>The real server in process: every protocol on real ports of the loopback, a store in a folder of its own, a clock that tests move.</summary>
/// <remarks>The domain is example.test; the accounts are alice and bob, their password is <see cref="Password"/>.</remarks>
internal sealed class ServerFixture : IAsyncDisposable
{
    public const string HostName = "mail.example.test";
    public const string Password = "secret-password";

    private static readonly Actor Operator = Actor.System("test");

    private static readonly PreparedStore Prepared = new(static async data =>
    {
        await using var server = new ServerFixture(Directory.GetParent(data)!, null, null) { _isKept = true };
        await server.FillAsync();
    });

    private readonly WebApplication _app;
    private readonly DirectoryInfo _folder;
    private readonly Dictionary<string, MailListener> _listeners = [];

    private bool _isKept;

    private ServerFixture(DirectoryInfo folder, Action<IServiceCollection>? configure, string? clientAuthority)
    {
        _folder = folder;
        Authority = LocalAuthority.Open(Path.Combine(_folder.FullName, "authority"), Time);
        CertificateFiles files = Authority.Issue([HostName], [IPAddress.Loopback], KeyType.EcP256);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<TimeProvider>(Time);
        builder.Services.AddSingleton(new CertificateStore([files], Time, NullLogger<CertificateStore>.Instance)
        {
            Clients = clientAuthority is null ? null : new ClientAuthority(clientAuthority, "test", Time),
        });
        builder.Services.AddSingleton(new ConnectionLimits());
        builder.Services.AddMailTransport();
        builder.Services.AddPosthornCore(new StoreOptions { DataFolder = DataFolder, Database = TestDatabase.For(DataFolder), Bodies = TestDatabase.BodiesFor(DataFolder) });
        AddProtocols(builder.Services);
        configure?.Invoke(builder.Services);
        builder.WebHost.ConfigureKestrel(server =>
        {
            Listen<ImapConnectionHandler>(server, new MailListenerOptions("imap", ImplicitTls: false));
            Listen<ImapConnectionHandler>(server, new MailListenerOptions("imaps", ImplicitTls: true));
            Listen<Pop3ConnectionHandler>(server, new MailListenerOptions("pop3", ImplicitTls: false));
            Listen<Pop3ConnectionHandler>(server, new MailListenerOptions("pop3s", ImplicitTls: true));
        });
        _app = builder.Build();
    }

    public ObservedTime Time { get; } = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    public LocalAuthority Authority { get; }

    public IServiceProvider Services => _app.Services;

    private string DataFolder => Path.Combine(_folder.FullName, "data");

    /// <param name="configure">Replaces services, such as the limits of a protocol.</param>
    /// <param name="clientAuthority">PEM of an authority whose client certificates sign people in.</param>
    public static async Task<ServerFixture> StartAsync(Action<IServiceCollection>? configure = null, string? clientAuthority = null)
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        DirectoryInfo folder = Directory.CreateTempSubdirectory("posthorn-test-");
        await Prepared.CopyToAsync(Path.Combine(folder.FullName, "data"));
        var server = new ServerFixture(folder, configure, clientAuthority);
        server.Services.GetRequiredService<IStore>();
        await server._app.StartAsync(cancel);
        return server;
    }

    private async Task FillAsync()
    {
        Services.GetRequiredService<IStore>();
        _ = (await Services.GetRequiredService<Domains>().AddAsync(Operator, "example.test", [], CancellationToken.None)).Value;
        await AddAccountAsync("alice@example.test");
        await AddAccountAsync("bob@example.test");
    }

    public async Task<Account> AddAccountAsync(string address) => (await Services.GetRequiredService<Accounts>().AddAsync(
        Operator, address, Password, null, isAdministrator: false, TestContext.Current.CancellationToken)).Value;

    public MailListener Listener(string name) => _listeners[name];

    /// <summary>Graceful stop, as a signal to the process causes it.</summary>
    public Task StopAsync() => _app.StopAsync(TestContext.Current.CancellationToken);

    private static void AddProtocols(IServiceCollection services)
    {
        services.AddImap(new ImapLimits());
        services.AddPop3(new Pop3Limits());
    }

    private void Listen<THandler>(Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerOptions server, MailListenerOptions options)
        where THandler : MailConnectionHandler =>
        _listeners[options.Name] = server.ListenMail<THandler>(new IPEndPoint(IPAddress.Loopback, 0), options);

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        if (_isKept)
        {
            return;
        }

        TestDatabase.Drop(DataFolder);
        _folder.Delete(recursive: true);
    }
}
