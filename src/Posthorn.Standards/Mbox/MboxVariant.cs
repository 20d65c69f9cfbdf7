namespace Posthorn.Standards.Mbox;

/// <summary>How body lines that begin with "From " were written. See RFC 4155 and the format's many descriptions.</summary>
public enum MboxVariant
{
    /// <summary>mboxrd: every line of '&gt;'s and "From " got one '&gt;' more; reading takes it off. What <see cref="MboxWriter"/> writes.</summary>
    Rd,

    /// <summary>mboxo: "From " became "&gt;From "; lines with more '&gt;' were left alone.</summary>
    O,

    /// <summary>mboxcl: as mboxo, and Content-Length tells where the body ends.</summary>
    Cl,

    /// <summary>mboxcl2: Content-Length tells where the body ends; nothing is quoted.</summary>
    Cl2,
}
