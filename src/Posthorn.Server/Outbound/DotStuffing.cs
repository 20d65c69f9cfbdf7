namespace Posthorn.Server.Outbound;

/// <summary>
/// Message octets as DATA carries them (RFC 5321 §4.5.2): a dot before a dot that begins a line, and the end mark. Octets must have CRLF line ends only; whoever
/// sends wraps the message so, or its end could be faked.
/// </summary>
internal sealed class DotStuffing(Stream output)
{
    private bool _atLineStart = true;
    private bool _afterCr;

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> octets, CancellationToken cancel)
    {
        int sent = 0;
        for (int at = 0; at < octets.Length; at++)
        {
            byte octet = octets.Span[at];
            if (_atLineStart && octet == (byte)'.')
            {
                // Up to and with the dot; the dot itself follows again with the rest.
                await output.WriteAsync(octets[sent..(at + 1)], cancel);
                sent = at;
            }

            _atLineStart = octet == (byte)'\n' && _afterCr;
            _afterCr = octet == (byte)'\r';
            if (!_atLineStart)
            {
                int next = NextLineEnd(octets.Span[(at + 1)..]);
                if (next > 0)
                {
                    at += next;
                    _afterCr = false;
                }
            }
        }

        await output.WriteAsync(octets[sent..], cancel);
    }

    public ValueTask EndAsync(CancellationToken cancel) => output.WriteAsync(_atLineStart ? ".\r\n"u8.ToArray() : "\r\n.\r\n"u8.ToArray(), cancel);

    // Octets that can be passed over without a look: none of them ends a line.
    private static int NextLineEnd(ReadOnlySpan<byte> rest)
    {
        int end = rest.IndexOfAny((byte)'\r', (byte)'\n');
        return end < 0 ? rest.Length : end;
    }
}
