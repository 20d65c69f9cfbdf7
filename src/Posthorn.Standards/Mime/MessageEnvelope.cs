using System.Buffers;

namespace Posthorn.Standards.Mime;

/// <summary>ENVELOPE of a message, read from its header in one pass. Values are the octets of the header: folded, encoded words undecoded.</summary>
/// <remarks>
/// RFC 9051 §7.5.2. A field that is absent is NIL, one that is empty is an empty string. From, Sender, Reply-To, To, Cc and Bcc that come
/// more than once are joined; of the others the first counts. A domain that is missing is given as "": NIL would begin a group.
/// The store keeps the bytes of <see cref="ToImapBytes"/>, so that FETCH ENVELOPE copies them.
/// </remarks>
public readonly ref struct MessageEnvelope
{
    private const int ScratchOnStack = 1024;

    private readonly HeaderBlock _header;
    private readonly EnvelopeFields _values;

    /// <param name="header">A header, or a message: what follows the empty line is not looked at.</param>
    public MessageEnvelope(ReadOnlySpan<byte> header)
        : this(new HeaderBlock(header))
    {
    }

    internal MessageEnvelope(HeaderBlock header)
    {
        _header = header;
        _values = new EnvelopeFields(header);
    }

    /// <summary>ENVELOPE as IMAP sends it, parentheses included.</summary>
    public static byte[] ToImapBytes(ReadOnlySpan<byte> header)
    {
        using var text = new ImapText(1024);
        new MessageEnvelope(header).Write(text);
        return text.Written.ToArray();
    }

    public void WriteImap(IBufferWriter<byte> output)
    {
        using var text = new ImapText(1024);
        Write(text);
        output.Write(text.Written);
    }

    internal void Write(ImapText text)
    {
        byte[]? rented = null;
        Span<byte> scratch = _values.Longest <= ScratchOnStack
            ? stackalloc byte[ScratchOnStack]
            : (rented = ArrayPool<byte>.Shared.Rent(_values.Longest));

        text.Add((byte)'(');
        WriteText(text, EnvelopeField.Date, scratch);
        WriteText(text, EnvelopeField.Subject, scratch);
        WriteAddresses(text, EnvelopeField.From, scratch);
        WriteAddresses(text, HasAddress(EnvelopeField.Sender, scratch) ? EnvelopeField.Sender : EnvelopeField.From, scratch);
        WriteAddresses(text, HasAddress(EnvelopeField.ReplyTo, scratch) ? EnvelopeField.ReplyTo : EnvelopeField.From, scratch);
        WriteAddresses(text, EnvelopeField.To, scratch);
        WriteAddresses(text, EnvelopeField.Cc, scratch);
        WriteAddresses(text, EnvelopeField.Bcc, scratch);
        WriteText(text, EnvelopeField.InReplyTo, scratch);
        WriteText(text, EnvelopeField.MessageId, scratch);
        text.CutTo(text.Length - 1);
        text.Add((byte)')');

        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private void WriteText(ImapText text, EnvelopeField field, Span<byte> scratch)
    {
        text.AddStringOrNil(HeaderText.Unfold(_values[field], scratch), !_values.Has(field));
        text.Add((byte)' ');
    }

    private bool HasAddress(EnvelopeField field, Span<byte> scratch)
    {
        foreach (HeaderField found in Fields(field))
        {
            if (new AddressListReader(found.Value, scratch).Read())
            {
                return true;
            }
        }

        return false;
    }

    private void WriteAddresses(ImapText text, EnvelopeField field, Span<byte> scratch)
    {
        int start = text.Length;
        text.Add((byte)'(');
        foreach (HeaderField found in Fields(field))
        {
            var addresses = new AddressListReader(found.Value, scratch);
            while (addresses.Read())
            {
                WriteAddress(text, addresses);
            }
        }

        bool isNil = text.Length == start + 1;
        text.CutTo(isNil ? start : text.Length);
        text.Add(isNil ? "NIL "u8 : ") "u8);
    }

    /// <summary>The whole header is searched again only where a field is repeated.</summary>
    private HeaderFieldsOfName Fields(EnvelopeField field) =>
        (_values.IsRepeated(field) ? _header : HeaderBlock.OfFields(_values.WholeOf(field))).All(EnvelopeFields.NameOf(field));

    private static void WriteAddress(ImapText text, AddressListReader address)
    {
        text.Add((byte)'(');
        text.AddStringOrNil(address.Name, address.Name.IsEmpty);
        text.Add((byte)' ');
        text.AddStringOrNil(address.Route, address.Route.IsEmpty);
        text.Add((byte)' ');
        text.AddStringOrNil(address.Mailbox, address.Kind == AddressKind.GroupEnd);
        text.Add((byte)' ');
        text.AddStringOrNil(address.Host, address.Kind != AddressKind.Mailbox);
        text.Add((byte)')');
    }
}
