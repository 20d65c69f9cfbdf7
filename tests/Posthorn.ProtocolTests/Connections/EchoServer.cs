using System.Diagnostics.Metrics;
using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Posthorn.Server.Connections;
using Posthorn.Server.Tls;

namespace Posthorn.ProtocolTests.Connections;

/// <summary>The echo protocol on two real ports, one plain with STARTTLS and one with implicit TLS, on a clock that only tests move.</summary>
internal sealed class EchoServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly MeterListener _meters = new();
    private readonly Channel<(string Name, string Tag)> _measured = Channel.CreateUnbounded<(string, string)>();
    private readonly DirectoryInfo _folder;
    private MailListener? _plain;
    private MailListener? _tls;
    private long _open;

    private EchoServer(ConnectionLimits limits, KeyType keyType)
    {
        _folder = Directory.CreateTempSubdirectory("posthorn-echo-");
        Authority = LocalAuthority.Open(_folder.FullName, Time);
        Files = Authority.Issue(["mail.example.test"], [IPAddress.Loopback], keyType);
        Certificates = new CertificateStore([Files], Time, NullLogger<CertificateStore>.Instance);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<TimeProvider>(Time);
        builder.Services.AddSingleton(Certificates);
        builder.Services.AddSingleton(limits);
        builder.Services.AddSingleton<EchoHandler>();
        builder.Services.AddMailTransport();
        builder.WebHost.ConfigureKestrel(server =>
        {
            _plain = server.ListenMail<EchoHandler>(new IPEndPoint(IPAddress.Loopback, 0), new MailListenerOptions("echo", ImplicitTls: false));
            _tls = server.ListenMail<EchoHandler>(new IPEndPoint(IPAddress.Loopback, 0), new MailListenerOptions("echos", ImplicitTls: true));
        });
        _app = builder.Build();
        var factory = _app.Services.GetRequiredService<IMeterFactory>();
        _meters.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == ConnectionMetrics.MeterName && instrument.Meter.Scope == factory)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _meters.SetMeasurementEventCallback<long>(OnMeasured);
        _meters.Start();
    }

    public ObservedTime Time { get; } = new(DateTimeOffset.Parse("2026-03-01T12:00:00Z", System.Globalization.CultureInfo.InvariantCulture));

    public LocalAuthority Authority { get; }

    public CertificateFiles Files { get; }

    public CertificateStore Certificates { get; }

    public IPEndPoint Plain => _plain!.Endpoint;

    public IPEndPoint Tls => _tls!.Endpoint;

    public long Open => Interlocked.Read(ref _open);

    public static async Task<EchoServer> StartAsync(ConnectionLimits? limits = null, KeyType keyType = KeyType.EcP256)
    {
        var server = new EchoServer(limits ?? new ConnectionLimits(), keyType);
        await server._app.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    public Task StopAsync() => _app.StopAsync(TestContext.Current.CancellationToken);

    /// <summary>Waits for the next connection to end and says why.</summary>
    public Task<string> NextEndAsync() => NextAsync("posthorn.connections.ended");

    public Task<string> NextHandshakeAsync() => NextAsync("posthorn.tls.handshakes");

    private async Task<string> NextAsync(string name)
    {
        await foreach (var (instrument, tag) in _measured.Reader.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            if (instrument == name)
            {
                return tag;
            }
        }
        throw new InvalidOperationException("The server is gone.");
    }

    private void OnMeasured(Instrument instrument, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        if (instrument.Name == "posthorn.connections.open")
        {
            Interlocked.Add(ref _open, value);
            return;
        }
        _measured.Writer.TryWrite((instrument.Name, (string)tags[1].Value!));
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _meters.Dispose();
        _folder.Delete(recursive: true);
    }
}
