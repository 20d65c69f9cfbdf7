using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Threading.Channels;

namespace Posthorn.ProtocolTests.Outbound;

/// <summary>A mail server at the other end, whose answers a test decides: one line per command.</summary>
internal sealed class SmtpSink : IAsyncDisposable
{
    /// <summary>At the end of an answer, or alone: the connection is closed then.</summary>
    public const string HangsUp = "\0";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<string, ValueTask<string?>> _answer;
    private readonly Channel<SunkMessage> _messages = Channel.CreateUnbounded<SunkMessage>();
    private readonly X509Certificate2? _certificate;
    private readonly Task _accepting;

    /// <param name="answer">The reply to a command (without line end), or null for the usual one.</param>
    /// <param name="certificate">Shown after STARTTLS, which is offered when there is one.</param>
    public SmtpSink(Func<string, string?> answer, X509Certificate2? certificate = null)
        : this(line => ValueTask.FromResult(answer(line)), certificate)
    {
    }

    /// <param name="answer">The same, for answers that come later. It must not block: the sink would hear nobody else meanwhile.</param>
    /// <param name="certificate">Shown after STARTTLS, which is offered when there is one.</param>
    public SmtpSink(Func<string, ValueTask<string?>> answer, X509Certificate2? certificate = null)
    {
        (_answer, _certificate) = (answer, certificate);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>What it can speak after STARTTLS; None: what the system has.</summary>
    public SslProtocols Protocols { get; init; }

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
            try
            {
                await ServeAsync(client.GetStream());
            }
            catch (Exception failure) when (failure is IOException or OperationCanceledException or AuthenticationException)
            {
                // The other side has gone, or the test is over.
            }
        }
    }

    private async Task ServeAsync(Stream stream, bool isTls = false)
    {
        using var reader = new StreamReader(stream, Encoding.Latin1);
        await using var writer = new StreamWriter(stream, Encoding.Latin1) { NewLine = "\r\n", AutoFlush = true };
        if (!isTls)
        {
            await writer.WriteLineAsync(await _answer("CONNECT") ?? "220 sink ready");
        }

        var commands = new List<string>();
        while (await reader.ReadLineAsync(_stop.Token) is { } line)
        {
            commands.Add(line);
            string reply = await _answer(line) ?? Usual(line, _certificate is not null && !isTls, isTls);
            if (!await SayAsync(writer, reply))
            {
                return;
            }

            if (reply.StartsWith("220", StringComparison.Ordinal) && _certificate is not null)
            {
                await using var tls = new SslStream(stream, leaveInnerStreamOpen: true);
                await tls.AuthenticateAsServerAsync(_certificate, clientCertificateRequired: false, Protocols, checkCertificateRevocation: false);
                await ServeAsync(tls, isTls: true);
                return;
            }

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
                if (!await SayAsync(writer, end))
                {
                    return;
                }
            }
        }
    }

    /// <summary>False: that was the last word.</summary>
    private static async Task<bool> SayAsync(StreamWriter writer, string reply)
    {
        if (reply != HangsUp)
        {
            await writer.WriteLineAsync(reply.TrimEnd('\0'));
        }

        return !reply.EndsWith('\0');
    }

    private static string Usual(string line, bool offersTls, bool isTls) => line.Split(' ')[0].ToUpperInvariant() switch
    {
        "EHLO" => $"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n{(offersTls ? "250-STARTTLS\r\n" : isTls ? "250-REQUIRETLS\r\n" : "")}250 SIZE 0",
        "STARTTLS" when offersTls => "220 go on",
        "DATA" => "354 go on",
        "QUIT" => "221 bye",
        _ => "250 2.0.0 ok",
    };
}

/// <summary>What came: the commands that led to it, and the octets after dot-unstuffing.</summary>
internal sealed record SunkMessage(IReadOnlyList<string> Commands, string Data);
