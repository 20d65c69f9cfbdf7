using System.Net.Sockets;
using System.Text;

namespace Posthorn.ProtocolTests.Durability;

/// <summary>A plain SMTP client that waits for every answer.</summary>
internal sealed class SmtpTalk : IAsyncDisposable
{
    private readonly TcpClient _client;
    private readonly StreamReader _reader;
    private readonly NetworkStream _stream;

    private SmtpTalk(TcpClient client)
    {
        _client = client;
        _stream = client.GetStream();
        _reader = new StreamReader(_stream, Encoding.Latin1);
    }

    public static async Task<SmtpTalk> ConnectAsync(int port, CancellationToken cancel)
    {
        var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", port, cancel);
        var talk = new SmtpTalk(client);
        await talk.ReplyAsync(cancel);
        await talk.SayAsync("EHLO client.example.test", cancel);
        return talk;
    }

    /// <summary>True when the message was acknowledged with 250.</summary>
    public async Task<bool> SendAsync(string to, string id, int bodyBytes, CancellationToken cancel)
    {
        var text = new StringBuilder();
        for (int length = 0; length < bodyBytes; length += 66)
        {
            text.Append('x', 64).Append("\r\n");
        }

        return (await DeliverAsync(to, id, text.ToString(), cancel)).StartsWith("250", StringComparison.Ordinal);
    }

    /// <summary>The reply to the end of the data.</summary>
    /// <param name="body">Lines ended by CRLF, none of which begins with a dot.</param>
    public async Task<string> DeliverAsync(string to, string id, string body, CancellationToken cancel)
    {
        await SayAsync("MAIL FROM:<sender@example.net>", cancel);
        string recipient = await SayAsync($"RCPT TO:<{to}>", cancel);
        if (!recipient.StartsWith("250", StringComparison.Ordinal))
        {
            return recipient;
        }

        string data = await SayAsync("DATA", cancel);
        if (!data.StartsWith("354", StringComparison.Ordinal))
        {
            return data;
        }

        string header = $"From: sender@example.net\r\nTo: {to}\r\nSubject: {id}\r\nMessage-ID: <{id}@example.net>\r\n\r\n";
        return await SayAsync(header + body + (body.Length == 0 || body.EndsWith('\n') ? "." : "\r\n."), cancel);
    }

    public async Task<string> SayAsync(string line, CancellationToken cancel)
    {
        await _stream.WriteAsync(Encoding.Latin1.GetBytes(line + "\r\n"), cancel);
        return await ReplyAsync(cancel);
    }

    public ValueTask DisposeAsync()
    {
        _reader.Dispose();
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<string> ReplyAsync(CancellationToken cancel)
    {
        while (true)
        {
            string line = await _reader.ReadLineAsync(cancel) ?? throw new IOException("The server closed the connection.");
            if (line.Length < 4 || line[3] == ' ')
            {
                return line;
            }
        }
    }
}
