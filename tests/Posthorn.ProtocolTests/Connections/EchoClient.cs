using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Posthorn.ProtocolTests.Connections;

/// <summary>A client that says exactly the octets it is told to.</summary>
internal sealed class EchoClient : IAsyncDisposable
{
    private readonly Socket _socket;
    private Stream _stream;

    private EchoClient(Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public X509Certificate2? ServerCertificate { get; private set; }

    public static async Task<EchoClient> ConnectAsync(IPEndPoint endpoint)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(endpoint, Cancel);
        return new EchoClient(socket);
    }

    public static async Task<EchoClient> ConnectTlsAsync(EchoServer server, string name = "mail.example.test")
    {
        var client = await ConnectAsync(server.Tls);
        await client.HandshakeAsync(server, name);
        return client;
    }

    /// <summary>The client's side of a handshake that trusts the server's authority only.</summary>
    public async Task HandshakeAsync(EchoServer server, string name = "mail.example.test")
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
            new SslClientAuthenticationOptions { TargetHost = name, CertificateChainPolicy = policy }, Cancel);
        ServerCertificate = X509CertificateLoader.LoadCertificate(tls.RemoteCertificate!.GetRawCertData());
        _stream = tls;
    }

    /// <summary>Octets below TLS.</summary>
    public async Task RawAsync(byte[] octets) => await _socket.SendAsync(octets, Cancel);

    public async Task SayAsync(string text) => await _stream.WriteAsync(Encoding.Latin1.GetBytes(text), Cancel);

    /// <summary>The next line without its CRLF; null when the server closed or cut the connection.</summary>
    public async Task<string?> LineAsync()
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (!line.ToString().EndsWith("\r\n", StringComparison.Ordinal))
        {
            try
            {
                if (await _stream.ReadAsync(one, Cancel) == 0)
                {
                    return null;
                }
            }
            catch (IOException)
            {
                return null;
            }
            line.Append((char)one[0]);
        }
        return line.ToString(0, line.Length - 2);
    }

    public void CloseSending() => _socket.Shutdown(SocketShutdown.Send);

    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Close();
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();
}
