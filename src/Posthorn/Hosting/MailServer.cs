using Posthorn.Configuration;
using Posthorn.Control;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Bodies;
using Posthorn.Core.Maintenance;
using Posthorn.Core.Storage;
using Posthorn.Web;

namespace Posthorn.Hosting;

/// <summary>The running program: store, edges, web, control socket, composed from the configuration.</summary>
internal sealed class MailServer : IAsyncDisposable
{
    /// <summary>How long a stop waits for sessions to say goodbye.</summary>
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(15);

    private readonly WebApplication _app;

    private MailServer(WebApplication app, MailPorts ports) => (_app, Ports) = (app, ports);

    public IServiceProvider Services => _app.Services;

    /// <summary>What listens where; the ports are the real ones once it runs.</summary>
    public MailPorts Ports { get; }

    /// <summary>Opens the store and prepares everything; nothing listens yet.</summary>
    /// <exception cref="StoreOpeningException">The store is in use or cannot be read.</exception>
    public static MailServer Build(PosthornOptions options) => Build(options, TimeProvider.System);

    /// <inheritdoc cref="Build(PosthornOptions)"/>
    /// <param name="options">The configuration.</param>
    /// <param name="time">The clock of everything.</param>
    internal static MailServer Build(PosthornOptions options, TimeProvider time)
    {
        MakeDataFolder(options.DataFolder);
        // Without reload: the builder would watch the whole data folder for an appsettings.json, at the cost of two events for every write.
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions
        {
            Args = ["--hostBuilder:reloadConfigOnChange=false"],
            ContentRootPath = options.DataFolder,
        });
        builder.Configuration.Sources.Clear();
        Telemetry.Add(builder, options.Telemetry);
        builder.Services.Configure<HostOptions>(static host => host.ShutdownTimeout = StopTimeout);
        builder.Services.AddSingleton(time);
        builder.Services.AddSingleton(options);
        builder.Services.AddPosthornCore(StoreHost.CoreOptions(options));
        builder.Services.AddMailEdges(options);
        builder.Services.AddWebPages();
        WebKeyStore.Add(builder.Services);
        builder.Logging.AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error);
        builder.WebHost.UseKestrelHttpsConfiguration();
        var ports = new MailPorts();
        builder.Services.AddSingleton(ports);
        builder.WebHost.ConfigureKestrel(kestrel => ports.Listen(kestrel, options));
        WebApplication app = builder.Build();
        try
        {
            app.Services.GetRequiredService<IStore>();
            app.Services.GetRequiredService<IBlobStore>();
        }
        catch
        {
            ((IDisposable)app).Dispose();
            throw;
        }

        WebEdge.Map(app);
        app.MapControl(app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Posthorn.Control"));
        return new MailServer(app, ports);
    }

    /// <summary>Runs until cancelled or told by a signal.</summary>
    /// <returns>False: nobody told it to stop. Something that works in the background ended with an error, which stops the host.</returns>
    public async Task<bool> RunAsync(Action<MailServer> started, CancellationToken cancel)
    {
        await StartAsync(cancel);
        started(this);
        await _app.WaitForShutdownAsync(cancel);
        return !HaveFailed(Services.GetServices<IHostedService>());
    }

    /// <summary>Whether one of them ended with an error of its own.</summary>
    internal static bool HaveFailed(IEnumerable<IHostedService> services) => services.OfType<BackgroundService>().Any(static service => service.ExecuteTask is { IsFaulted: true });

    public async Task StartAsync(CancellationToken cancel)
    {
        if (ListenerFault.Find(Services.GetRequiredService<PosthornOptions>().Listeners) is { } fault)
        {
            throw new ConfigurationException(fault);
        }

        string socket = ControlSocket.PathIn(Services.GetRequiredService<PosthornOptions>().DataFolder);
        // The store is locked: a socket that is there was left behind.
        File.Delete(socket);
        await Services.GetRequiredService<StoreUse>().BeginAsync(cancel);
        await WebKeyStore.PrepareAsync(
            Services.GetRequiredService<WebKeys>(), Services.GetRequiredService<PosthornOptions>().DataFolder, Services.GetRequiredService<TimeProvider>(), cancel);
        try
        {
            await _app.StartAsync(cancel);
        }
        catch (IOException failure) when (failure.InnerException is not null)
        {
            throw new ConfigurationException($"{failure.Message} Stop what uses the port, or change the listener.");
        }

        File.SetUnixFileMode(socket, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private static void MakeDataFolder(string folder)
    {
        try
        {
            PrivateFolder.Make(folder);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"\"dataFolder\" {folder} cannot be made: {failure.Message}");
        }
    }

    public Task StopAsync(CancellationToken cancel) => _app.StopAsync(cancel);

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
