namespace Posthorn.Standards.Mime;

/// <summary>How much of a message is understood. What lies beyond a limit stays part of the message; it is only not taken apart.</summary>
public static class MimeLimits
{
    /// <summary>Multiparts and messages inside each other. A deeper one is one opaque part.</summary>
    public const int Depth = 100;

    /// <summary>Parts of one message. The octets after the last one are in no part.</summary>
    public const int Parts = 2_000;

    /// <summary>Fields of one header. The rest of the header is one field without a name.</summary>
    public const int HeaderFields = 2_000;

    /// <summary>Octets of one header. The line that goes beyond begins the body.</summary>
    public const int HeaderLength = 256 * 1024;

    /// <summary>Octets of a multipart's boundary; RFC 2046 §5.1.1 allows 70. A longer one counts as missing.</summary>
    public const int BoundaryLength = 200;

    /// <summary>Parameters of one field.</summary>
    public const int Parameters = 100;

    /// <summary>Octets of one value in a body structure; more are cut.</summary>
    public const int ValueLength = 8 * 1024;

    /// <summary>Octets that the fields of all parts may take in a body structure; parts after that are opaque.</summary>
    public const int StructureLength = 256 * 1024;

    /// <summary>Addresses of one field.</summary>
    public const int Addresses = 2_000;

    /// <summary>Message ids read from References and In-Reply-To together: the first, and the last ones.</summary>
    public const int References = 50;

    /// <summary>Octets of one message id; a longer one is not an id.</summary>
    public const int MessageIdLength = 998;

    /// <summary>Octets of a header field that are decoded to text.</summary>
    public const int DecodedField = 64 * 1024;

    /// <summary>Octets of a text part that are read for a preview.</summary>
    public const int PreviewInput = 64 * 1024;

    /// <summary>Octets of one message that are decoded for a search, transfer encoding included.</summary>
    public const long SearchedText = 32 * 1024 * 1024;
}
