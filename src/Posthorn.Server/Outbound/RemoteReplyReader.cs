using System.Text;

namespace Posthorn.Server.Outbound;

/// <summary>Reads replies of an SMTP server (RFC 5321 §4.2) with limits: the other side is not to be trusted.</summary>
internal sealed class RemoteReplyReader(Stream stream)
{
    /// <summary>RFC 5321 §4.5.3.1.5 allows 512; some say more in their refusals.</summary>
    private const int MaxLineBytes = 4_096;

    private const int MaxLines = 200;

    private readonly byte[] _buffer = new byte[MaxLineBytes];
    private int _start;
    private int _end;

    /// <summary>Octets that came before they were asked for: after STARTTLS that is an attack.</summary>
    public bool HasBuffered => _start < _end;

    /// <exception cref="RemoteFaultException">Closed, or no reply.</exception>
    public async ValueTask<(RemoteReply Reply, IReadOnlyList<string> Lines)> ReadAsync(CancellationToken cancel)
    {
        var lines = new List<string>();
        while (lines.Count < MaxLines)
        {
            string line = await LineAsync(cancel);
            if (line.Length < 3 || !int.TryParse(line.AsSpan(0, 3), out int code) || (line.Length > 3 && line[3] is not (' ' or '-')))
            {
                throw new RemoteFaultException($"The server answered \"{Shown(line)}\", which is no SMTP reply.");
            }

            lines.Add(line.Length > 4 ? line[4..] : "");
            if (line.Length == 3 || line[3] == ' ')
            {
                return (new RemoteReply(code, Shown(string.Join(' ', lines))), lines);
            }
        }

        throw new RemoteFaultException($"The server's reply had more than {MaxLines} lines.");
    }

    private async ValueTask<string> LineAsync(CancellationToken cancel)
    {
        while (true)
        {
            int lineFeed = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            if (lineFeed >= 0)
            {
                string line = Encoding.UTF8.GetString(_buffer, _start, lineFeed).TrimEnd('\r');
                _start += lineFeed + 1;
                return line;
            }

            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
            if (_end == _buffer.Length)
            {
                throw new RemoteFaultException($"A line of the server's reply was longer than {MaxLineBytes} octets.");
            }

            int read = await stream.ReadAsync(_buffer.AsMemory(_end), cancel);
            if (read == 0)
            {
                throw new RemoteFaultException("The server closed the connection.");
            }

            _end += read;
        }
    }

    /// <summary>What may go into a log and a notification.</summary>
    private static string Shown(string text) => new([.. text.Take(1_000).Select(c => char.IsControl(c) ? '?' : c)]);
}
