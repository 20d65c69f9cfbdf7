using System.Buffers;

namespace Posthorn.Standards.Mime;

/// <summary>The header at the start of a message or of a part: where it ends, and its fields. Nothing is copied, nothing throws.</summary>
/// <remarks>
/// RFC 5322 §2.1. Lines may end with LF alone, as imported mail does. A message whose first line is no field has no header: all of it is body.
/// Lines inside a header that are no fields are kept as fields without a name. A header that is too long ends at <see cref="MimeLimits.HeaderLength"/>.
/// </remarks>
public readonly ref struct HeaderBlock
{
    /// <param name="message">A message or part from its first octet; the body may be missing or cut.</param>
    public HeaderBlock(ReadOnlySpan<byte> message)
    {
        int fields = FindEnd(message, out int length);
        Fields = message[..fields];
        Octets = message[..length];
    }

    private HeaderBlock(ReadOnlySpan<byte> fields, ReadOnlySpan<byte> octets)
    {
        Fields = fields;
        Octets = octets;
    }

    /// <summary>The fields without the empty line.</summary>
    public ReadOnlySpan<byte> Fields { get; }

    /// <summary>The header with the empty line, if there is one.</summary>
    public ReadOnlySpan<byte> Octets { get; }

    /// <summary>Octets up to the body.</summary>
    public int Length => Octets.Length;

    public bool HasEmptyLine => Octets.Length > Fields.Length;

    /// <summary>Takes octets that hold nothing but fields, for instance trace lines.</summary>
    public static HeaderBlock OfFields(ReadOnlySpan<byte> fields) => new(fields, fields);

    public HeaderFieldEnumerator GetEnumerator() => new(Fields);

    /// <summary>The first field of that name.</summary>
    public bool TryFind(ReadOnlySpan<byte> name, out HeaderField field)
    {
        foreach (HeaderField candidate in this)
        {
            if (candidate.Is(name))
            {
                field = candidate;
                return true;
            }
        }

        field = default;
        return false;
    }

    /// <summary>All fields of that name, first to last.</summary>
    public HeaderFieldsOfName All(ReadOnlySpan<byte> name) => new(Fields, name);

    /// <summary>
    /// Writes the fields named, or with <paramref name="others"/> all that are not named, without the empty line: the caller
    /// writes that once, after the prefix and the header of a message, when the message has one.
    /// </summary>
    /// <remarks>RFC 9051 §6.4.5.1, HEADER.FIELDS and HEADER.FIELDS.NOT.</remarks>
    public void WriteFields(IBufferWriter<byte> output, IReadOnlyList<string> names, bool others)
    {
        foreach (HeaderField field in this)
        {
            if (IsAmong(field.Name, names) != others)
            {
                output.Write(field.Whole);
            }
        }
    }

    private static bool IsAmong(ReadOnlySpan<byte> name, IReadOnlyList<string> names)
    {
        for (int index = 0; index < names.Count; index++)
        {
            if (System.Text.Ascii.EqualsIgnoreCase(name, names[index]))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Octets of the fields; <paramref name="length"/> counts the empty line too.</summary>
    private static int FindEnd(ReadOnlySpan<byte> message, out int length)
    {
        int position = 0;
        while (position < message.Length)
        {
            int lineLength = message[position..].IndexOf((byte)'\n') + 1;
            if (lineLength == 0)
            {
                lineLength = message.Length - position;
            }

            ReadOnlySpan<byte> line = message.Slice(position, lineLength);
            if (IsEmptyLine(line))
            {
                length = position + lineLength;
                return position;
            }

            if ((position == 0 && !BeginsHeader(line)) || position + lineLength > MimeLimits.HeaderLength)
            {
                length = position;
                return position;
            }

            position += lineLength;
        }

        length = message.Length;
        return message.Length;
    }

    internal static bool IsEmptyLine(ReadOnlySpan<byte> line) => line is [(byte)'\n'] or [(byte)'\r', (byte)'\n'];

    /// <summary>A first line that shows that there is a header: a field, or the line that mbox files put before one.</summary>
    internal static bool BeginsHeader(ReadOnlySpan<byte> line) =>
        HeaderField.NameLength(line) > 0 || line.StartsWith("From "u8) || line.StartsWith(">From "u8);
}
