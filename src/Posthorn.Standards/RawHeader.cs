namespace Posthorn.Standards;

/// <summary>The fields of a header as octets, in their order; nothing is decoded, unfolded or repaired.</summary>
/// <remarks>
/// RFC 5322 §2.2. A line end is CRLF or a bare LF. A line that is no field and continues none (no colon) is kept as a field without a name.
/// </remarks>
internal sealed class RawHeader
{
    private RawHeader(IReadOnlyList<Field> fields) => Fields = fields;

    public IReadOnlyList<Field> Fields { get; }

    /// <param name="Start">Where it begins in the header.</param>
    /// <param name="Octets">All of it, the last line end included (missing only at the end of a cut message).</param>
    /// <param name="NameLength">Octets of the name; 0: none.</param>
    /// <param name="Colon">Where the colon is.</param>
    internal readonly record struct Field(int Start, ReadOnlyMemory<byte> Octets, int NameLength, int Colon)
    {
        public ReadOnlySpan<byte> Name => Octets.Span[..NameLength];

        /// <summary>What follows the colon, the last line end included.</summary>
        public ReadOnlyMemory<byte> Value => NameLength == 0 ? default : Octets[(Colon + 1)..];

        public bool Is(ReadOnlySpan<byte> name) => NameLength > 0 && Ascii.EqualsIgnoreCase(Name, name);
    }

    /// <param name="header">Up to the empty line, which may be there or not; what follows it is not read.</param>
    public static RawHeader Read(ReadOnlyMemory<byte> header)
    {
        var fields = new List<Field>();
        int at = 0;
        while (at < header.Length)
        {
            int end = EndOfField(header.Span, at);
            ReadOnlyMemory<byte> octets = header[at..end];
            if (octets.Span is [(byte)'\n', ..] or [(byte)'\r', (byte)'\n', ..])
            {
                break;
            }
            int colon = octets.Span.IndexOf((byte)':');
            int name = colon <= 0 ? 0 : octets.Span[..colon].TrimEnd(" \t"u8).Length;
            // A colon in a later line of a broken "field" does not make a name.
            name = octets.Span[..name].ContainsAny((byte)'\r', (byte)'\n') ? 0 : name;
            fields.Add(new Field(at, octets, name, Math.Max(colon, 0)));
            at = end;
        }
        return new RawHeader(fields);
    }

    private static int EndOfField(ReadOnlySpan<byte> header, int at)
    {
        while (true)
        {
            int line = header[at..].IndexOf((byte)'\n');
            if (line < 0)
            {
                return header.Length;
            }
            at += line + 1;
            if (at == header.Length || header[at] is not ((byte)' ' or (byte)'\t'))
            {
                return at;
            }
        }
    }
}
