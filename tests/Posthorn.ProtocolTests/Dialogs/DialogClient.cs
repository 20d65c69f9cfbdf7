using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Posthorn.ProtocolTests.Dialogs;

/// <summary>A client that says exactly what it is told to, as octets; text is Latin-1 on either side unless it is UTF-8 in the file.</summary>
internal sealed class DialogClient : IAsyncDisposable
{
    private readonly byte[] _buffer = new byte[16 * 1024];
    private Stream _stream;
    private int _start;
    private int _end;

    private DialogClient(Socket socket) => _stream = new NetworkStream(socket, ownsSocket: true);

    /// <summary>What was said and heard, for the message of a failure.</summary>
    public List<string> Transcript { get; } = [];

    public static async Task<DialogClient> ConnectAsync(IPEndPoint endpoint, CancellationToken cancel)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(endpoint, cancel);
        return new DialogClient(socket);
    }

    /// <summary>The client's side of a handshake that trusts the server's authority only.</summary>
    public async Task StartTlsAsync(ServerFixture server, CancellationToken cancel, X509Certificate2? certificate = null)
    {
        var tls = new SslStream(_stream);
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            VerificationTime = server.Time.GetUtcNow().UtcDateTime,
        };
        policy.CustomTrustStore.Add(server.Authority.Certificate);
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = ServerFixture.HostName,
                CertificateChainPolicy = policy,
                ClientCertificates = certificate is null ? null : [certificate],
            },
            cancel);
        _stream = tls;
    }

    public async Task SayAsync(byte[] octets, CancellationToken cancel)
    {
        Transcript.Add("C: " + Encoding.UTF8.GetString(octets).TrimEnd('\r', '\n'));
        await _stream.WriteAsync(octets, cancel);
        await _stream.FlushAsync(cancel);
    }

    /// <summary>The next line without its CRLF; null when the server closed.</summary>
    public async Task<string?> LineAsync(CancellationToken cancel)
    {
        var line = new List<byte>();
        while (true)
        {
            if (_start == _end)
            {
                (_start, _end) = (0, await ReadAsync(cancel));
                if (_end == 0)
                {
                    return null;
                }
            }

            byte octet = _buffer[_start++];
            line.Add(octet);
            if (octet == '\n')
            {
                break;
            }
        }

        string text = Encoding.UTF8.GetString([.. line]);
        Assert.EndsWith("\r\n", text, StringComparison.Ordinal);
        Transcript.Add("S: " + text[..^2]);
        return text[..^2];
    }

    /// <summary>Says no more, in the middle of whatever it said, and waits until the server is done with it.</summary>
    public async Task BreakAsync(CancellationToken cancel)
    {
        await ((SslStream)_stream).ShutdownAsync().WaitAsync(cancel);
        while (await LineAsync(cancel) is not null)
        {
        }
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private async Task<int> ReadAsync(CancellationToken cancel)
    {
        try
        {
            return await _stream.ReadAsync(_buffer, cancel);
        }
        catch (IOException)
        {
            // A reset tells the same as an end: the server is gone.
            return 0;
        }
    }
}
