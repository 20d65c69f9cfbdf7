using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Posthorn.ProtocolTests.Dialogs;

namespace Posthorn.ProtocolTests.Imap;

/// <summary>A client that reads literals as octets: what a section holds is compared octet for octet.</summary>
internal sealed class LiteralClient : IAsyncDisposable
{
    private readonly Stream _stream;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    private LiteralClient(Stream stream) => _stream = stream;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<LiteralClient> SignInAsync(ServerFixture server)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server.Listener("imaps").Endpoint, Cancel);
        var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            VerificationTime = server.Time.GetUtcNow().UtcDateTime,
        };
        policy.CustomTrustStore.Add(server.Authority.Certificate);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = ServerFixture.HostName, CertificateChainPolicy = policy }, Cancel);
        var client = new LiteralClient(tls);
        await client.LineAsync();
        await client.AskAsync($"LOGIN alice@example.test {ServerFixture.Password}");
        await client.AskAsync("SELECT INBOX");
        return client;
    }

    public async Task AppendAsync(byte[] message)
    {
        await SayAsync([.. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"t APPEND INBOX {{{message.Length}+}}\r\n")), .. message, .. "\r\n"u8]);
        (string text, _) = await AnswerAsync();
        Assert.Contains("t OK", text, StringComparison.Ordinal);
    }

    /// <summary>The literal or string of the one section asked for; null: NIL.</summary>
    public async Task<byte[]?> SectionAsync(int number, string section)
    {
        await SayAsync(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"t FETCH {number} ({section})\r\n")));
        (string text, List<byte[]> literals) = await AnswerAsync();
        Assert.Contains("\nt OK", text, StringComparison.Ordinal);
        Assert.True(literals.Count == 1 || text.Contains(" NIL)", StringComparison.Ordinal), text);
        return literals.Count == 1 ? literals[0] : null;
    }

    /// <summary>All lines of the answer, literals left out.</summary>
    public async Task<string> AskAsync(string command, bool mayRefuse = false)
    {
        await SayAsync(Encoding.ASCII.GetBytes($"t {command}\r\n"));
        (string text, _) = await AnswerAsync();
        Assert.True(mayRefuse || text.Contains("\nt OK", StringComparison.Ordinal), text);
        Assert.DoesNotContain("SERVERBUG", text, StringComparison.Ordinal);
        Assert.DoesNotContain("t BAD", text, StringComparison.Ordinal);
        return text;
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private async Task SayAsync(byte[] octets)
    {
        await _stream.WriteAsync(octets, Cancel);
        await _stream.FlushAsync(Cancel);
    }

    private async Task<(string Text, List<byte[]> Literals)> AnswerAsync()
    {
        var text = new StringBuilder("\n");
        var literals = new List<byte[]>();
        while (true)
        {
            string line = await LineAsync();
            text.Append(line).Append('\n');
            if (line.EndsWith('}') && line.LastIndexOf('{') is >= 0 and int open && int.TryParse(line[(open + 1)..^1], NumberStyles.None, CultureInfo.InvariantCulture, out int length))
            {
                literals.Add(await OctetsAsync(length));
            }
            else if (line.StartsWith("t ", StringComparison.Ordinal))
            {
                return (text.ToString(), literals);
            }
        }
    }

    private async Task<byte[]> OctetsAsync(int length)
    {
        byte[] octets = new byte[length];
        int held = Math.Min(length, _end - _start);
        _buffer.AsSpan(_start, held).CopyTo(octets);
        _start += held;
        await _stream.ReadExactlyAsync(octets.AsMemory(held), Cancel);
        return octets;
    }

    private async Task<string> LineAsync()
    {
        var line = new StringBuilder();
        while (true)
        {
            int feed = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            line.Append(Encoding.Latin1.GetString(_buffer, _start, feed < 0 ? _end - _start : feed));
            if (feed >= 0)
            {
                _start += feed + 1;
                return line.ToString().TrimEnd('\r');
            }

            (_start, _end) = (0, await _stream.ReadAsync(_buffer, Cancel));
            Assert.True(_end > 0, "The server closed.");
        }
    }
}
