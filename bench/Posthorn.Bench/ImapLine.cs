using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Posthorn.Bench;

/// <summary>An IMAP client over TLS that allocates next to nothing while it measures: blocking calls, buffers of its own.</summary>
internal sealed class ImapLine : IDisposable
{
    private readonly byte[] _buffer = new byte[1 << 20];
    private readonly TcpClient _client;
    private readonly SslStream _stream;

    public ImapLine(int port, string user, string password)
    {
        _client = new TcpClient("127.0.0.1", port) { NoDelay = true };
        _stream = new SslStream(_client.GetStream(), false, static (_, certificate, _, _) => certificate is not null);
        _stream.AuthenticateAsClient("localhost");
        Until("\r\n"u8);
        Run(Encoding.ASCII.GetBytes($"a LOGIN {user} \"{password}\"\r\n"));
        Run("a SELECT INBOX\r\n"u8);
    }

    /// <summary>A command with the tag "a"; octets of its answer.</summary>
    public int Run(ReadOnlySpan<byte> command)
    {
        Send(command);
        return Until("\r\na OK "u8);
    }

    public void Send(ReadOnlySpan<byte> octets) => _stream.Write(octets);

    /// <summary>Reads on until these octets came, and then to the end of the line.</summary>
    public int Until(ReadOnlySpan<byte> mark)
    {
        int length = 0;
        // As if a line had ended before the answer, so that a first line is found too.
        "\r\n"u8.CopyTo(_buffer);
        length += 2;
        while (true)
        {
            int read = _stream.Read(_buffer, length, _buffer.Length - length);
            if (read == 0)
            {
                throw new IOException("The server closed the connection.");
            }

            int from = Math.Max(0, length - mark.Length);
            length += read;
            if (_buffer.AsSpan(from, length - from).IndexOf(mark) >= 0 && _buffer[length - 1] == '\n')
            {
                return length - 2;
            }

            // Only the end of a long answer is needed.
            if (length > _buffer.Length / 2)
            {
                _buffer.AsSpan(length - mark.Length, mark.Length).CopyTo(_buffer);
                length = mark.Length;
            }
        }
    }

    public void Dispose()
    {
        _stream.Dispose();
        _client.Dispose();
    }
}
