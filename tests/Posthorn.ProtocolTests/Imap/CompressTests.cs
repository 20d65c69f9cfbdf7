using System.IO.Compression;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Posthorn.ProtocolTests.Imap;

/// <summary>COMPRESS=DEFLATE (RFC 4978) over TLS, with raw octets.</summary>
public sealed class CompressTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Commands_responses_idle_and_literals_go_through_the_compression()
    {
        await using TestServer server = await TestServer.StartAsync();
        using Client client = await Client.SignedInAsync(server);
        Assert.StartsWith("a1 NO", await client.AskAsync("a1 COMPRESS GZIP"), StringComparison.Ordinal);
        Assert.StartsWith("a2 OK", await client.AskAsync("a2 COMPRESS DEFLATE"), StringComparison.Ordinal);
        client.Compress();
        Assert.StartsWith("a3 NO [COMPRESSIONACTIVE]", await client.AskAsync("a3 COMPRESS DEFLATE"), StringComparison.Ordinal);
        Assert.StartsWith("a4 NO [CANNOT]", await client.AskAsync("a4 UNAUTHENTICATE"), StringComparison.Ordinal);
        string body = "Subject: long\r\n\r\n" + string.Concat(Enumerable.Range(0, 20_000).Select(static i => $"line {i % 7}\r\n"));
        Assert.StartsWith("a5 OK [APPENDUID", await client.AskAsync($"a5 APPEND INBOX {{{body.Length}+}}\r\n{body}"), StringComparison.Ordinal);
        Assert.StartsWith("a6 OK", await client.AskAsync("a6 SELECT INBOX"), StringComparison.Ordinal);
        // Commands that come together are answered together.
        await client.SendAsync("a7 NOOP\r\na8 FETCH 1 BODY.PEEK[]\r\n");
        string fetched = await client.UntilAsync("a8 OK");
        Assert.Contains(body, fetched, StringComparison.Ordinal);
        Assert.True(client.Received < body.Length / 4, $"{client.Received} octets came for {body.Length}.");
        await client.SendAsync("a9 IDLE\r\n");
        await client.UntilAsync("+ ");
        using Client other = await Client.SignedInAsync(server);
        Assert.StartsWith("b1 OK", await other.AskAsync("b1 APPEND INBOX {5+}\r\nA: b\r"), StringComparison.Ordinal);
        await client.UntilAsync("* 2 EXISTS");
        await client.SendAsync("DONE\r\n");
        await client.UntilAsync("a9 OK");
        Assert.StartsWith("c1 OK", await client.AskAsync("c1 LOGOUT"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_does_not_unpack_ends_the_connection_and_the_server_goes_on()
    {
        await using TestServer server = await TestServer.StartAsync();
        using Client client = await Client.SignedInAsync(server);
        await client.AskAsync("a1 COMPRESS DEFLATE");
        await client.SendAsync("a2 NOOP in the clear, which is no deflate\r\n");
        Assert.True(await client.IsClosedAsync());
        using Client next = await Client.SignedInAsync(server);
        Assert.StartsWith("a1 OK", await next.AskAsync("a1 NOOP"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bomb_is_no_more_than_a_line_that_is_too_long()
    {
        await using TestServer server = await TestServer.StartAsync();
        using Client client = await Client.SignedInAsync(server);
        await client.AskAsync("a1 COMPRESS DEFLATE");
        client.Compress();
        await client.SendAsync("a2 NOOP " + new string('x', 5_000_000));
        Assert.Contains("* BYE [TOOBIG]", await client.UntilAsync("\r\n"), StringComparison.Ordinal);
    }

    private sealed class Client(SslStream tls) : IDisposable
    {
        private readonly Counted _counted = new(tls);
        private Stream? _in;
        private Stream? _out;
        private readonly byte[] _buffer = new byte[64 * 1024];

        public long Received => _counted.Received;

        public static async Task<Client> SignedInAsync(TestServer server)
        {
            var socket = new TcpClient();
            await socket.ConnectAsync("127.0.0.1", server.Port("imaps"), Cancel);
            var tls = new SslStream(socket.GetStream(), leaveInnerStreamOpen: false, static (_, certificate, _, _) => certificate?.Subject == "CN=mx.example.test");
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "mx.example.test" }, Cancel);
            var client = new Client(tls);
            await client.UntilAsync("ready");
            Assert.StartsWith("l OK", await client.AskAsync($"l LOGIN {TestServer.You} \"{TestServer.Password}\""), StringComparison.Ordinal);
            return client;
        }

        public void Compress() =>
            (_in, _out) = (new DeflateStream(_counted, CompressionMode.Decompress), new DeflateStream(_counted, CompressionLevel.Optimal));

        public async Task SendAsync(string text)
        {
            Stream to = _out ?? tls;
            await to.WriteAsync(Encoding.Latin1.GetBytes(text), Cancel);
            await to.FlushAsync(Cancel);
        }

        /// <summary>The tagged response; those before it are thrown away.</summary>
        public async Task<string> AskAsync(string command)
        {
            await SendAsync(command + "\r\n");
            string tag = command[..command.IndexOf(' ')];
            string all = await UntilAsync(tag + " ", atLineStart: true);
            return all[(all.LastIndexOf("\r\n" + tag + " ", StringComparison.Ordinal) is >= 0 and int at ? at + 2 : 0)..];
        }

        public async Task<string> UntilAsync(string text, bool atLineStart = false)
        {
            var heard = new StringBuilder();
            while (true)
            {
                string so = heard.ToString();
                if ((atLineStart ? so.StartsWith(text, StringComparison.Ordinal) || so.Contains("\r\n" + text, StringComparison.Ordinal) : so.Contains(text, StringComparison.Ordinal))
                    && so.EndsWith("\r\n", StringComparison.Ordinal))
                {
                    return so;
                }

                int count = await (_in ?? _counted).ReadAsync(_buffer, Cancel);
                Assert.True(count > 0, $"The server closed after: {so}");
                heard.Append(Encoding.Latin1.GetString(_buffer, 0, count));
            }
        }

        public async Task<bool> IsClosedAsync()
        {
            try
            {
                while (await tls.ReadAsync(_buffer, Cancel) > 0)
                {
                }
            }
            catch (IOException)
            {
                // Cut instead of closed.
            }

            return true;
        }

        public void Dispose() => tls.Dispose();
    }

    /// <summary>Counts octets as they come over TLS.</summary>
    private sealed class Counted(Stream inner) : Stream
    {
        public long Received { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int count = await inner.ReadAsync(buffer, cancellationToken);
            Received += count;
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => inner.WriteAsync(buffer, cancellationToken);

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => inner.WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);

        public override void Flush() => inner.Flush();

        public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
