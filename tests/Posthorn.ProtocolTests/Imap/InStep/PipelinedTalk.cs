using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Posthorn.ProtocolTests.Imap.InStep;

/// <summary>A connection that says several lines at once and reads one line at a time.</summary>
internal sealed class PipelinedTalk : IAsyncDisposable
{
    private readonly TcpClient _client;
    private readonly SslStream _stream;
    private readonly StreamReader _reader;

    private PipelinedTalk(TcpClient client, SslStream stream) => (_client, _stream, _reader) = (client, stream, new StreamReader(stream, Encoding.Latin1));

    /// <summary>What was said and heard, for the message of a failure.</summary>
    public List<string> Transcript { get; } = [];

    public static async Task<PipelinedTalk> ConnectAsync(int port, CancellationToken cancel)
    {
        var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync("127.0.0.1", port, cancel);
        var stream = new SslStream(client.GetStream(), false, static (_, certificate, _, _) => certificate is not null);
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost" }, cancel);
        var talk = new PipelinedTalk(client, stream);
        await talk.LineAsync(cancel);
        return talk;
    }

    public async Task SayAsync(string lines, CancellationToken cancel)
    {
        Transcript.AddRange(lines.TrimEnd().Split("\r\n").Select(line => "C: " + line));
        await _stream.WriteAsync(Encoding.Latin1.GetBytes(lines), cancel);
        await _stream.FlushAsync(cancel);
    }

    public async Task<string> LineAsync(CancellationToken cancel)
    {
        string line = await _reader.ReadLineAsync(cancel) ?? throw new EndOfStreamException("The server closed.");
        Transcript.Add("S: " + line);
        return line;
    }

    /// <summary>As a network breaks: without a word.</summary>
    public async ValueTask DisposeAsync()
    {
        _client.Client.LingerState = new LingerOption(true, 0);
        _client.Dispose();
        _reader.Dispose();
        await _stream.DisposeAsync();
    }
}
