using System.Buffers;
using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Posthorn.Server.Tls;

/// <summary>TLS over a connection's transport: the one way, for STARTTLS and for implicit TLS.</summary>
/// <remarks>
/// SslStream over the transport's pipes, and pipes over that. While nothing arrives, none of them holds a buffer: reads start with no
/// memory. OpenSSL's context is shared by all connections of a certificate (see <see cref="ServerCertificate"/>).
/// </remarks>
internal sealed class TlsUpgrade : IAsyncDisposable
{
    // What one read of commands asks for: the block size of the transport's pool.
    private const int ReadSize = 4096;

    // A whole TLS record in one write: RFC 8446 §5.1 allows 2^14 octets. Rented while something is written, never while idle.
    private static readonly StreamPipeWriterOptions Writing = new(minimumBufferSize: 16 * 1024, leaveOpen: true);

    private readonly SslStream _stream;

    private TlsUpgrade(SslStream stream, MemoryPool<byte>? pool, ServerCertificate certificate, ClientAuthority? clients)
    {
        _stream = stream;
        Input = PipeReader.Create(stream, new StreamPipeReaderOptions(pool, ReadSize, leaveOpen: true, useZeroByteReads: true));
        Output = PipeWriter.Create(stream, Writing);
        var name = stream.TargetHostName;
        Details = new TlsDetails(stream.SslProtocol, stream.NegotiatedCipherSuite, certificate, string.IsNullOrEmpty(name) ? null : name, clients?.Identify(stream.RemoteCertificate) ?? []);
    }

    public PipeReader Input { get; }

    public PipeWriter Output { get; }

    public TlsDetails Details { get; }

    /// <summary>The server's side of the handshake.</summary>
    /// <param name="clients">Who vouches for clients' certificates; null: none is asked for.</param>
    /// <returns>The upgrade, or null with the reason; the connection is of no use then.</returns>
    public static async ValueTask<(TlsResult Result, TlsUpgrade? Tls)> AcceptAsync(
        ConnectionContext transport, CertificateStore certificates, ClientAuthority? clients, TimeSpan timeout, TimeProvider time, CancellationToken cancel)
    {
        using var deadline = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancel);
        var stream = new SslStream(new TransportStream(transport.Transport), leaveInnerStreamOpen: false);
        var shown = new Shown(certificates, clients);
        try
        {
            await stream.AuthenticateAsServerAsync(
                static (_, hello, state, _) => ((Shown)state!).Choose(hello.ServerName), shown, either.Token);
            var pool = transport.Features.Get<IMemoryPoolFeature>()?.MemoryPool;
            return (TlsResult.Completed, new TlsUpgrade(stream, pool, shown.Certificate!, clients));
        }
        catch (Exception fault) when (fault is AuthenticationException or CryptographicException or IOException or OperationCanceledException)
        {
            await stream.DisposeAsync();
            return (ResultOf(fault, deadline), null);
        }
    }

    private static TlsResult ResultOf(Exception fault, CancellationTokenSource deadline) => fault switch
    {
        _ when deadline.IsCancellationRequested => TlsResult.TimedOut,
        IOException or OperationCanceledException => TlsResult.Closed,
        _ => TlsResult.Failed,
    };

    /// <summary>Says close_notify, so that the client knows nothing was cut off.</summary>
    public async ValueTask SayGoodbyeAsync(TimeSpan timeout, TimeProvider time)
    {
        try
        {
            await _stream.ShutdownAsync().WaitAsync(timeout, time);
        }
        catch (Exception fault) when (fault is IOException or OperationCanceledException or InvalidOperationException or TimeoutException)
        {
            // The client is gone or was cut off: nobody left to say it to.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Input.CompleteAsync();
        await _stream.DisposeAsync();
    }

    /// <summary>Remembers which certificate the handshake showed.</summary>
    private sealed class Shown(CertificateStore certificates, ClientAuthority? clients)
    {
        public ServerCertificate? Certificate { get; private set; }

        public ValueTask<SslServerAuthenticationOptions> Choose(string? serverName)
        {
            Certificate = certificates.Select(serverName);
            return new(clients is null ? Certificate.Authentication : Certificate.Asking(clients));
        }
    }
}
