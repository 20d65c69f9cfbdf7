namespace Posthorn.Standards.Mime;

/// <summary>One part among the parts of a message in the order of their headers.</summary>
internal struct PartRecord
{
    public MediaKind Kind;

    /// <summary>Index of the part this one is in; -1 for the message.</summary>
    public int Parent;

    /// <summary>Index after the last part inside this one.</summary>
    public int End;

    public long HeaderStart;

    /// <summary>With the empty line.</summary>
    public long HeaderLength;

    public long BodyLength;

    /// <summary>Line ends in the body.</summary>
    public long Lines;

    public int DetailsStart;

    public int DetailsLength;

    public readonly long BodyStart => HeaderStart + HeaderLength;
}
