namespace Posthorn.Standards.Mime;

/// <summary>How a part is made, as far as its structure goes.</summary>
public enum MediaKind
{
    /// <summary>Octets without structure.</summary>
    Basic,

    Text,

    /// <summary>message/rfc822 or message/global: its one child is the enclosed message.</summary>
    Message,

    /// <summary>Has at least one child.</summary>
    Multipart,
}
