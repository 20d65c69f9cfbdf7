namespace Posthorn.Server.Imap.Fetching;

/// <summary>RFC 9051 §6.4.5 <c>fetch-att</c> without sections.</summary>
[Flags]
internal enum FetchItems
{
    None = 0,
    Uid = 1,
    Flags = 2,

    /// <summary>RFC 7162 §3.1.5.</summary>
    ModSeq = 4,
    InternalDate = 8,
    Size = 16,

    /// <summary>RFC 8474 §5.1.</summary>
    EmailId = 32,

    /// <summary>RFC 8474 §5.2.</summary>
    ThreadId = 64,
    Envelope = 128,
    Body = 256,
    BodyStructure = 512,

    /// <summary>RFC 8514 §4.</summary>
    SaveDate = 1024,

    /// <summary>RFC 8970 §3; made at delivery, so that LAZY has nothing to spare.</summary>
    Preview = 2048,

    /// <summary>The UID because the command gave UIDs (RFC 9051 §6.4.9): left out where the response begins with it (RFC 9586 §3).</summary>
    ImpliedUid = 4096,

    /// <summary>What the session's view knows: no row is read for it.</summary>
    OfView = Uid | ImpliedUid | Flags | ModSeq,

    Fast = Flags | InternalDate | Size,
    All = Fast | Envelope,
    Full = All | Body,
}

/// <summary>Which octets of a section.</summary>
internal enum SectionKind
{
    Whole,
    Header,
    HeaderFields,
    HeaderFieldsNot,
    Text,
    Mime,

    /// <summary>A part with its transfer encoding taken off (RFC 9051 §6.4.5).</summary>
    Binary,

    /// <summary>The length of such a part.</summary>
    BinarySize,
}

/// <param name="Label">As the response names it: <c>BODY[1.HEADER]</c>, with the origin of a partial.</param>
/// <param name="Part">Part numbers; empty for the message itself.</param>
/// <param name="Fields">Header fields of <see cref="SectionKind.HeaderFields"/> and its opposite.</param>
/// <param name="SetsSeen">It is not a PEEK.</param>
/// <param name="Offset">Of a partial.</param>
/// <param name="Length">Of a partial; without one long.MaxValue.</param>
internal sealed record FetchSection(
    byte[] Label, int[] Part, SectionKind Kind, IReadOnlyList<string> Fields, bool SetsSeen, long Offset = 0, long Length = long.MaxValue)
{
    /// <summary>Where the section lies is asked of the body structure; of the whole message nothing need be known.</summary>
    public bool NeedsStructure => Part.Length > 0 || Kind is not (SectionKind.Whole or SectionKind.Binary or SectionKind.BinarySize);

    public bool IsBinary => Kind is SectionKind.Binary or SectionKind.BinarySize;
}

/// <summary>What FETCH asks of each message.</summary>
internal sealed record FetchRequest(FetchItems Items, IReadOnlyList<FetchSection> Sections)
{
    public bool NeedsRow => (Items & ~FetchItems.OfView) != 0 || Sections.Count > 0;

    public bool SetsSeen => Sections.Any(section => section.SetsSeen);
}
