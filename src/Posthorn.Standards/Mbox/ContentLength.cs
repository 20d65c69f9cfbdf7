using System.Buffers.Text;

namespace Posthorn.Standards.Mbox;

/// <summary>Content-Length of mboxcl and mboxcl2: octets of the body, believed only where a message may end.</summary>
internal static class ContentLength
{
    /// <summary>The length where the header names one and the file agrees; the file is left where it was.</summary>
    public static async ValueTask<long?> FindAsync(MboxWindow window, ReadOnlyMemory<byte> header, CancellationToken cancel)
    {
        bool whole = header.Span.EndsWith("\n\n"u8) || header.Span.EndsWith("\n\r\n"u8);
        if (!whole || !window.Source.CanSeek || !TryRead(header.Span, out long length))
        {
            return null;
        }
        long end = window.Offset + header.Length + length;
        long back = window.Source.Position;
        if (end < 0 || end > window.Source.Length)
        {
            return null;
        }
        window.Source.Position = end;
        byte[] after = new byte[FromLine.MaxLength + 4];
        int count = await window.Source.ReadAtLeastAsync(after, after.Length, throwOnEndOfStream: false, cancel);
        window.Source.Position = back;
        return MayEndBefore(after.AsSpan(0, count)) ? length : null;
    }

    private static bool MayEndBefore(ReadOnlySpan<byte> after)
    {
        after = after.TrimStart("\r\n"u8);
        int end = after.IndexOf((byte)'\n');
        return after.IsEmpty || FromLine.TryParse((end < 0 ? after : after[..end]).TrimEnd((byte)'\r'), dateRequired: true, out _);
    }

    private static bool TryRead(ReadOnlySpan<byte> header, out long length)
    {
        length = 0;
        foreach (var range in header.Split((byte)'\n'))
        {
            var line = header[range];
            if (Ascii.StartsWithIgnoreCase(line, "Content-Length:"u8))
            {
                var digits = line["Content-Length:".Length..].Trim(" \t\r"u8);
                return Utf8Parser.TryParse(digits, out length, out int used) && used == digits.Length && length >= 0;
            }
        }
        return false;
    }
}
