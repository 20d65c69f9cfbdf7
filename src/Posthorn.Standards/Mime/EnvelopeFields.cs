using System.Runtime.CompilerServices;

namespace Posthorn.Standards.Mime;

internal enum EnvelopeField
{
    None = -1,
    Date,
    Subject,
    From,
    Sender,
    ReplyTo,
    To,
    Cc,
    Bcc,
    InReplyTo,
    MessageId,
}

/// <summary>Where the fields of an envelope stand in a header: the first of each name, found in one pass.</summary>
internal readonly ref struct EnvelopeFields
{
    private readonly ReadOnlySpan<byte> _fields;
    private readonly Places _places;
    private readonly int _repeated;

    public EnvelopeFields(HeaderBlock header)
    {
        _fields = header.Fields;
        int position = 0;
        foreach (HeaderField field in header)
        {
            EnvelopeField name = Recognise(field.Name);
            if (name != EnvelopeField.None)
            {
                Longest = Math.Max(Longest, field.Value.Length);
                if (_places[(int)name].Length == 0)
                {
                    _places[(int)name] = new Place(position, field.Whole.Length);
                }
                else
                {
                    _repeated |= 1 << (int)name;
                }
            }

            position += field.Whole.Length;
        }
    }

    /// <summary>Octets of the longest value.</summary>
    public int Longest { get; }

    /// <summary>Value of the first field of that name; empty too when there is none.</summary>
    public ReadOnlySpan<byte> this[EnvelopeField field] =>
        new HeaderFieldEnumerator(WholeOf(field)) is var found && found.MoveNext() ? found.Current.Value : [];

    public bool Has(EnvelopeField field) => _places[(int)field].Length > 0;

    public bool IsRepeated(EnvelopeField field) => (_repeated & (1 << (int)field)) != 0;

    public ReadOnlySpan<byte> WholeOf(EnvelopeField field) => _fields.Slice(_places[(int)field].Start, _places[(int)field].Length);

    public static ReadOnlySpan<byte> NameOf(EnvelopeField field) => field switch
    {
        EnvelopeField.From => "From"u8,
        EnvelopeField.Sender => "Sender"u8,
        EnvelopeField.ReplyTo => "Reply-To"u8,
        EnvelopeField.To => "To"u8,
        EnvelopeField.Cc => "Cc"u8,
        _ => "Bcc"u8,
    };

    private static EnvelopeField Recognise(ReadOnlySpan<byte> name) => name.Length switch
    {
        2 => Ascii.EqualsIgnoreCase(name, "To"u8) ? EnvelopeField.To
            : Ascii.EqualsIgnoreCase(name, "Cc"u8) ? EnvelopeField.Cc : EnvelopeField.None,
        3 => Ascii.EqualsIgnoreCase(name, "Bcc"u8) ? EnvelopeField.Bcc : EnvelopeField.None,
        4 => Ascii.EqualsIgnoreCase(name, "Date"u8) ? EnvelopeField.Date
            : Ascii.EqualsIgnoreCase(name, "From"u8) ? EnvelopeField.From : EnvelopeField.None,
        6 => Ascii.EqualsIgnoreCase(name, "Sender"u8) ? EnvelopeField.Sender : EnvelopeField.None,
        7 => Ascii.EqualsIgnoreCase(name, "Subject"u8) ? EnvelopeField.Subject : EnvelopeField.None,
        8 => Ascii.EqualsIgnoreCase(name, "Reply-To"u8) ? EnvelopeField.ReplyTo : EnvelopeField.None,
        10 => Ascii.EqualsIgnoreCase(name, "Message-ID"u8) ? EnvelopeField.MessageId : EnvelopeField.None,
        11 => Ascii.EqualsIgnoreCase(name, "In-Reply-To"u8) ? EnvelopeField.InReplyTo : EnvelopeField.None,
        _ => EnvelopeField.None,
    };

    private readonly record struct Place(int Start, int Length);

    [InlineArray(10)]
    private struct Places
    {
        private Place _first;
    }
}
