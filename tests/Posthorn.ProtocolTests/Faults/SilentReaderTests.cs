using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Time.Testing;

namespace Posthorn.ProtocolTests.Faults;

/// <summary>A client that asks and asks and never reads an answer: it is asked to wait, then cut off, and everybody else is served.</summary>
public sealed class SilentReaderTests
{
    /// <summary>More than the kernel's buffers of one connection hold, both ways.</summary>
    private const int Most = 64 << 20;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("smtp", "EHLO client.test\r\n")]
    [InlineData("imaps", "a CAPABILITY\r\n")]
    [InlineData("pop3s", "CAPA\r\n")]
    public async Task A_client_that_never_reads_is_held_up_and_cut_off_and_others_are_served(string port, string command)
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using TestServer server = await TestServer.StartAsync(time: time);
        using var client = new TcpClient();
        Stream stream = await ConnectAsync(client, server, port);
        // The greeting: from here on the handshake's time limit is past.
        Assert.NotEqual(0, await stream.ReadAsync(new byte[1_024], Cancel));
        Task<int> flood = FloodAsync(stream, Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(command, 1_000))));
        while (!flood.IsCompleted)
        {
            await Task.WhenAny(flood, Task.Delay(TimeSpan.FromMilliseconds(50), Cancel));
            time.Advance(TimeSpan.FromSeconds(30));
        }

        // It never took all: the server stopped reading long before.
        Assert.InRange(await flood, 1, Most - 1);
        using var other = new TcpClient();
        using var reader = new StreamReader(await ConnectAsync(other, server, port), Encoding.ASCII);
        Assert.Matches(@"^(220 |\* OK |\+OK )", await reader.ReadLineAsync(Cancel));
    }

    /// <returns>Octets that could be written until the server cut the connection.</returns>
    private static async Task<int> FloodAsync(Stream stream, byte[] commands)
    {
        int written = 0;
        try
        {
            while (written < Most)
            {
                await stream.WriteAsync(commands, Cancel);
                written += commands.Length;
            }
        }
        catch (IOException)
        {
            // Cut off.
        }

        return written;
    }

    private static async Task<Stream> ConnectAsync(TcpClient client, TestServer server, string port)
    {
        await client.ConnectAsync("127.0.0.1", server.Port(port), Cancel);
        if (!port.EndsWith('s'))
        {
            return client.GetStream();
        }

        var tls = new SslStream(client.GetStream(), false, static (_, certificate, _, _) => certificate is not null);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost" }, Cancel);
        return tls;
    }
}
