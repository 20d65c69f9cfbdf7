using System.Globalization;

namespace Posthorn.Standards.Mime;

/// <summary>One part of a message: a view into its <see cref="BodyStructure"/>. Octets are as the header has them, quotes taken off.</summary>
public readonly struct BodyPart
{
    private readonly BodyStructure _structure;

    internal BodyPart(BodyStructure structure, int index) => (_structure, Index) = (structure, index);

    /// <summary>Position among the parts of the message; 0 is the message itself.</summary>
    public int Index { get; }

    public MediaKind Kind => Record.Kind;

    /// <summary>With the empty line.</summary>
    public OctetRange Header => new(Record.HeaderStart, Record.HeaderLength);

    public OctetRange Body => new(Record.BodyStart, Record.BodyLength);

    /// <summary>Line ends in the body.</summary>
    public long Lines => Record.Lines;

    /// <summary>Index of the part it is in; -1 for the message itself.</summary>
    public int Parent => Record.Parent;

    /// <summary>Index after the last part inside it: <c>structure[part.Next]</c> is its next sibling, if that has the same parent.</summary>
    public int Next => Record.End;

    /// <summary>"text" of text/plain, in the case of the header.</summary>
    public ReadOnlySpan<byte> Type => PartDetailsReader.TypeOf(Details);

    public ReadOnlySpan<byte> Subtype => PartDetailsReader.SubtypeOf(Details);

    public ReadOnlySpan<byte> Charset => Parameter("charset"u8);

    public ReadOnlySpan<byte> ContentId => PartDetailsReader.ValueOf(Details, 0);

    public ReadOnlySpan<byte> Description => PartDetailsReader.ValueOf(Details, 1);

    /// <summary>Content-Transfer-Encoding; "7BIT" when the header has none.</summary>
    public ReadOnlySpan<byte> Encoding => PartDetailsReader.ValueOf(Details, 2);

    /// <summary>"attachment", "inline" or another word; empty when the header has none.</summary>
    public ReadOnlySpan<byte> Disposition => PartDetailsReader.ValueOf(Details, 4);

    public bool IsAttachment => Ascii.EqualsIgnoreCase(Disposition, "attachment"u8);

    /// <summary>Part number of IMAP, "1.2"; empty for the message itself and for the multipart directly inside a message/rfc822 part.</summary>
    public string Number
    {
        get
        {
            var numbers = new Stack<int>();
            if (IsNumbered)
            {
                for (BodyPart part = this; part.Index >= 0 && part.TryNumberInParent(out int number, out BodyPart above); part = above)
                {
                    numbers.Push(number);
                }
            }

            return string.Join('.', numbers.Select(number => number.ToString(CultureInfo.InvariantCulture)));
        }
    }

    private bool IsNumbered => Kind != MediaKind.Multipart || (Parent >= 0 && _structure[Parent].Kind == MediaKind.Multipart);

    private ref readonly PartRecord Record => ref _structure.RecordOf(Index);

    private ReadOnlySpan<byte> Details => _structure.DetailsOf(Index);

    /// <summary>A parameter of the media type; empty when there is none.</summary>
    public ReadOnlySpan<byte> Parameter(ReadOnlySpan<byte> name) => PartDetailsReader.ParameterOf(Details, name);

    public ReadOnlySpan<byte> DispositionParameter(ReadOnlySpan<byte> name) => PartDetailsReader.DispositionParameterOf(Details, name);

    public bool Is(ReadOnlySpan<byte> type, ReadOnlySpan<byte> subtype) => Ascii.EqualsIgnoreCase(Type, type) && Ascii.EqualsIgnoreCase(Subtype, subtype);

    public override string ToString() => $"{Number} {System.Text.Encoding.Latin1.GetString(Type)}/{System.Text.Encoding.Latin1.GetString(Subtype)}";

    /// <summary>The number that this part adds, and the part whose number stands before it.</summary>
    private bool TryNumberInParent(out int number, out BodyPart above)
    {
        number = 1;
        above = this;
        int parent = Parent;
        if (parent >= 0 && _structure[parent].Kind == MediaKind.Multipart)
        {
            for (int sibling = parent + 1; sibling != Index; sibling = _structure[sibling].Next)
            {
                number++;
            }

            above = _structure[parent];
            // A multipart that is the whole of a message takes the number of the message.
            parent = above.IsNumbered ? parent : above.Parent;
        }

        above = new BodyPart(_structure, parent);
        return Index >= 0;
    }
}
