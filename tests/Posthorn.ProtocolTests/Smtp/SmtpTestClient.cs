using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Posthorn.ProtocolTests.Smtp;

/// <summary>A client that says exactly the octets it is told to, and checks what comes back.</summary>
internal sealed class SmtpTestClient : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly SmtpTestServer _server;
    private readonly byte[] _buffer = new byte[16 * 1024];
    private Stream _stream;
    private int _start;
    private int _end;

    private SmtpTestClient(Socket socket, SmtpTestServer server)
    {
        _socket = socket;
        _server = server;
        _stream = new NetworkStream(socket, ownsSocket: true);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<SmtpTestClient> ConnectAsync(IPEndPoint endpoint, SmtpTestServer server)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(endpoint, Cancel);
        return new SmtpTestClient(socket, server);
    }

    public async Task HandshakeAsync()
    {
        var tls = new SslStream(_stream);
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            VerificationTime = _server.Time.GetUtcNow().UtcDateTime,
        };
        policy.CustomTrustStore.Add(_server.Authority.Certificate);
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions { TargetHost = SmtpTestServer.HostName, CertificateChainPolicy = policy }, Cancel);
        _stream = tls;
    }

    /// <summary>Octets as they are; each char is one.</summary>
    public async Task SayAsync(string octets) => await _stream.WriteAsync(Encoding.Latin1.GetBytes(octets), Cancel);

    /// <summary>One line without its CRLF; null when the server closed.</summary>
    public async Task<string?> LineAsync()
    {
        var line = new StringBuilder();
        while (true)
        {
            if (_start == _end)
            {
                try
                {
                    (_start, _end) = (0, await _stream.ReadAsync(_buffer, Cancel));
                }
                catch (IOException)
                {
                    return null;
                }
                if (_end == 0)
                {
                    return null;
                }
            }
            var c = (char)_buffer[_start++];
            if (c == '\n' && line.Length > 0 && line[^1] == '\r')
            {
                return line.ToString(0, line.Length - 1);
            }
            line.Append(c);
        }
    }

    /// <summary>All lines of one reply; empty when the server closed.</summary>
    public async Task<IReadOnlyList<string>> ReplyAsync()
    {
        List<string> lines = [];
        while (await LineAsync() is { } line)
        {
            lines.Add(line);
            if (line.Length < 4 || line[3] != '-')
            {
                break;
            }
        }
        return lines;
    }

    /// <summary>
    /// Plays "C: line" and checks "S: reply": "~" at the end ignores the rest of the line, "S: 250-~" a whole reply of many lines, "S: closed"
    /// the end of the connection. "TLS" does the handshake.
    /// </summary>
    public async Task DialogAsync(string script)
    {
        foreach (var step in script.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            switch (step)
            {
                case "TLS":
                    await HandshakeAsync();
                    break;
                case "S: closed":
                    Assert.Null(await LineAsync());
                    break;
                case ['S', ':', ' ', .. var expected]:
                    await ExpectAsync(expected);
                    break;
                case ['C', ':', .. var line]:
                    await SayAsync(line.TrimStart() + "\r\n");
                    break;
                default:
                    Assert.Fail($"Not a step of a dialog: {step}");
                    break;
            }
        }
    }

    private async Task ExpectAsync(string expected)
    {
        var reply = expected.EndsWith("-~", StringComparison.Ordinal) ? await ReplyAsync() is [var first, ..] ? first : null : await LineAsync();
        Assert.NotNull(reply);
        if (expected.EndsWith('~'))
        {
            Assert.StartsWith(expected[..^1].TrimEnd(), reply, StringComparison.Ordinal);
        }
        else
        {
            Assert.Equal(expected, reply);
        }
    }

    public void CloseSending() => _socket.Shutdown(SocketShutdown.Send);

    public ValueTask DisposeAsync() => _stream.DisposeAsync();
}
