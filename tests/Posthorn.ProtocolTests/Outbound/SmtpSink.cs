using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;

namespace Posthorn.ProtocolTests.Outbound;

/// <summary>A mail server at the other end, whose answers a test decides: one line per command.</summary>
internal sealed class SmtpSink : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<string, ValueTask<string?>> _answer;
    private readonly Channel<SunkMessage> _messages = Channel.CreateUnbounded<SunkMessage>();
    private readonly Task _accepting;

    /// <param name="answer">The reply to a command (without line end), or null for the usual one.</param>
    public SmtpSink(Func<string, string?> answer)
        : this(line => ValueTask.FromResult(answer(line)))
    {
    }

    /// <param name="answer">The same, for answers that come later. It must not block: the sink would hear nobody else meanwhile.</param>
    public SmtpSink(Func<string, ValueTask<string?>> answer)
    {
        _answer = answer;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public int Connections { get; private set; }

    public ValueTask<SunkMessage> NextAsync(CancellationToken cancel) => _messages.Reader.ReadAsync(cancel);

    /// <summary>What has come and was not taken yet.</summary>
    public IEnumerable<SunkMessage> Arrived()
    {
        while (_messages.Reader.TryRead(out SunkMessage? message))
        {
            yield return message;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var sessions = new List<Task>();
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(_stop.Token);
                Connections++;
                sessions.Add(ServeAsync(client));
            }
        }
        catch (Exception failure) when (failure is OperationCanceledException or SocketException)
        {
            await Task.WhenAll(sessions);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            using var reader = new StreamReader(client.GetStream(), Encoding.Latin1);
            await using var writer = new StreamWriter(client.GetStream(), Encoding.Latin1) { NewLine = "\r\n", AutoFlush = true };
            try
            {
                await writer.WriteLineAsync(await _answer("CONNECT") ?? "220 sink ready");
                await ServeAsync(reader, writer);
            }
            catch (Exception failure) when (failure is IOException or OperationCanceledException)
            {
                // The other side has gone, or the test is over.
            }
        }
    }

    private async Task ServeAsync(StreamReader reader, StreamWriter writer)
    {
        var commands = new List<string>();
        while (await reader.ReadLineAsync(_stop.Token) is { } line)
        {
            commands.Add(line);
            string reply = await _answer(line) ?? Usual(line);
            await writer.WriteLineAsync(reply);
            if (reply.StartsWith("354", StringComparison.Ordinal))
            {
                var data = new StringBuilder();
                while (true)
                {
                    if (await reader.ReadLineAsync(_stop.Token) is not { } text)
                    {
                        // The sender was cut off within the message: it was not taken.
                        return;
                    }

                    if (text == ".")
                    {
                        break;
                    }

                    data.Append(text.StartsWith('.') ? text[1..] : text).Append("\r\n");
                }

                string end = await _answer("END") ?? "250 2.0.0 taken";
                if (end.StartsWith('2'))
                {
                    await _messages.Writer.WriteAsync(new SunkMessage([.. commands], data.ToString()), _stop.Token);
                }

                commands.Clear();
                await writer.WriteLineAsync(end);
            }
        }
    }

    private static string Usual(string line) => line.Split(' ')[0].ToUpperInvariant() switch
    {
        "EHLO" => "250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 0",
        "DATA" => "354 go on",
        "QUIT" => "221 bye",
        _ => "250 2.0.0 ok",
    };
}

/// <summary>What came: the commands that led to it, and the octets after dot-unstuffing.</summary>
internal sealed record SunkMessage(IReadOnlyList<string> Commands, string Data);
