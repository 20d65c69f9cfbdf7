using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Posthorn.ProtocolTests.History;

/// <summary>A client that says lines within TLS and reads what comes back.</summary>
internal sealed class LineTalk : IAsyncDisposable
{
    private readonly TcpClient _client;
    private readonly SslStream _stream;
    private readonly StreamReader _reader;
    private int _tag;

    private LineTalk(TcpClient client, SslStream stream) => (_client, _stream, _reader) = (client, stream, new StreamReader(stream, Encoding.Latin1));

    /// <summary>Connects and reads the greeting.</summary>
    public static async Task<LineTalk> ConnectAsync(int port, CancellationToken cancel)
    {
        var client = new TcpClient { NoDelay = true };
        try
        {
            await client.ConnectAsync("127.0.0.1", port, cancel);
            var stream = new SslStream(client.GetStream(), false, static (_, certificate, _, _) => certificate is not null);
            await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost" }, cancel);
            var talk = new LineTalk(client, stream);
            await talk.ReadAsync(cancel);
            return talk;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>A command of IMAP; the untagged lines, and the tagged one last.</summary>
    public async Task<IReadOnlyList<string>> ImapAsync(string command, CancellationToken cancel)
    {
        string tag = $"a{++_tag} ";
        await WriteAsync(tag + command, cancel);
        var lines = new List<string>();
        do
        {
            lines.Add(await ReadAsync(cancel));
        }
        while (!lines[^1].StartsWith(tag, StringComparison.Ordinal));
        lines[^1] = lines[^1][tag.Length..];
        return lines;
    }

    /// <summary>A command of SMTP or POP3; the last line of the answer.</summary>
    public async Task<string> SayAsync(string command, CancellationToken cancel)
    {
        await WriteAsync(command, cancel);
        string line = await ReadAsync(cancel);
        while (line.Length > 3 && line[3] == '-' && char.IsAsciiDigit(line[0]))
        {
            line = await ReadAsync(cancel);
        }

        return line;
    }

    /// <summary>The lines of an answer that a dot ends.</summary>
    public async Task<IReadOnlyList<string>> UntilDotAsync(CancellationToken cancel)
    {
        var lines = new List<string>();
        while (await ReadAsync(cancel) is var line && line != ".")
        {
            lines.Add(line);
        }

        return lines;
    }

    /// <summary>What the server says unasked.</summary>
    public Task<string> LineAsync(CancellationToken cancel) => ReadAsync(cancel);

    /// <summary>Null: the server closed the connection.</summary>
    public async Task<string?> LineOrEndAsync(CancellationToken cancel) => await _reader.ReadLineAsync(cancel);

    public async ValueTask DisposeAsync()
    {
        _reader.Dispose();
        await _stream.DisposeAsync();
        _client.Dispose();
    }

    private async Task WriteAsync(string line, CancellationToken cancel) => await _stream.WriteAsync(Encoding.Latin1.GetBytes(line + "\r\n"), cancel);

    private async Task<string> ReadAsync(CancellationToken cancel) => await _reader.ReadLineAsync(cancel) ?? throw new IOException("The server closed the connection.");
}
