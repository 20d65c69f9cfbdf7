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

    private readonly WebApplication _app;
    private readonly DirectoryInfo _folder;
    private readonly Dictionary<string, MailListener> _listeners = [];

    private ServerFixture(Action<IServiceCollection>? configure)
    {
        _folder = Directory.CreateTempSubdirectory("posthorn-test-");
        Authority = LocalAuthority.Open(Path.Combine(_folder.FullName, "authority"), Time);
        CertificateFiles files = Authority.Issue([HostName], [IPAddress.Loopback], KeyType.EcP256);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<TimeProvider>(Time);
        builder.Services.AddSingleton(new CertificateStore([files], Time, NullLogger<CertificateStore>.Instance));
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
    public static async Task<ServerFixture> StartAsync(Action<IServiceCollection>? configure = null)
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        var server = new ServerFixture(configure);
        server.Services.GetRequiredService<IStore>();
        await server.Services.GetRequiredService<Domains>().AddAsync(Operator, "example.test", [], cancel);
        await server.AddAccountAsync("alice@example.test");
        await server.AddAccountAsync("bob@example.test");
        await server._app.StartAsync(cancel);
        return server;
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
        TestDatabase.Drop(DataFolder);
        _folder.Delete(recursive: true);
    }
}
