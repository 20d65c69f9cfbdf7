namespace Posthorn.Standards.Mime;

/// <summary>Which octets of a part a section means.</summary>
/// <remarks>RFC 9051 §6.4.5.1.</remarks>
public enum SectionText
{
    /// <summary>BODY[] and BODY[1.2].</summary>
    Whole,

    /// <summary>HEADER, and before filtering HEADER.FIELDS and HEADER.FIELDS.NOT.</summary>
    Header,

    Text,

    Mime,
}

/// <param name="Start">Counts from the first octet of the stored body.</param>
public readonly record struct OctetRange(long Start, long Length)
{
    public long End => Start + Length;
}
