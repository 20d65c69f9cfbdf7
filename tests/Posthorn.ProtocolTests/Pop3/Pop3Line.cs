using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Posthorn.ProtocolTests.Pop3;

/// <summary>A client that says lines, within TLS.</summary>
internal sealed class Pop3Line(TcpClient client, SslStream stream) : IAsyncDisposable
{
    private readonly StreamReader _reader = new(stream, Encoding.Latin1);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static Task<Pop3Line> ConnectAsync(TestServer server) => ConnectAsync(server.Port("pop3s"));

    public static async Task<Pop3Line> ConnectAsync(int port)
    {
        var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", port, Cancel);
        var stream = new SslStream(client.GetStream(), false, static (_, certificate, _, _) => certificate is not null);
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost" }, Cancel);
        var line = new Pop3Line(client, stream);
        Assert.StartsWith("+OK", await line.NextAsync(), StringComparison.Ordinal);
        return line;
    }

    public static Task<Pop3Line> SignedInAsync(TestServer server) => SignedInAsync(server.Port("pop3s"), TestServer.Password);

    /// <summary>As you@example.test.</summary>
    public static async Task<Pop3Line> SignedInAsync(int port, string password)
    {
        Pop3Line line = await ConnectAsync(port);
        await line.SayAsync($"USER {TestServer.You}");
        Assert.StartsWith("+OK", await line.SayAsync($"PASS {password}"), StringComparison.Ordinal);
        return line;
    }

    public async Task<string> SayAsync(string text)
    {
        await WriteAsync(text + "\r\n");
        return await NextAsync() ?? "";
    }

    public async Task WriteAsync(string text) => await stream.WriteAsync(Encoding.Latin1.GetBytes(text), Cancel);

    public Task<string?> NextAsync() => _reader.ReadLineAsync(Cancel).AsTask();

    public async Task<string> UntilDotAsync()
    {
        var text = new StringBuilder();
        while (await NextAsync() is { } next && next != ".")
        {
            text.Append(next).Append("\r\n");
        }

        return text.ToString();
    }

    /// <summary>Everything until the server ends the connection.</summary>
    public async Task<string> ToEndAsync()
    {
        try
        {
            return await _reader.ReadToEndAsync(Cancel);
        }
        catch (IOException)
        {
            // Cut without a goodbye of TLS: what came before is not told by the reader.
            return "";
        }
    }

    public async ValueTask DisposeAsync()
    {
        _reader.Dispose();
        await stream.DisposeAsync();
        client.Dispose();
    }
}
