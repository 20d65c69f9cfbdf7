using Posthorn.Core.Delivery;
using Posthorn.Server.Smtp.Commands;
using Posthorn.Server.Smtp.Content;

namespace Posthorn.Server.Smtp;

/// <summary>One message on its way in: what MAIL and RCPT said, and with BDAT the octets so far. RFC 5321 §3.3.</summary>
internal sealed class MailTransaction(Mail mail, string id)
{
    private readonly List<EnvelopeRecipient> _recipients = [];
    private HashSet<string>? _addresses;

    public Mail Mail { get; } = mail;

    /// <summary>Stands in Received, in the last reply and in the log.</summary>
    public string Id { get; } = id;

    public IReadOnlyList<EnvelopeRecipient> Recipients => _recipients;

    /// <summary>The message between two BDATs; null before the first.</summary>
    public MessageReception? Reception { get; set; }

    public LineEnds ChunkLineEnds;

    /// <summary>A recipient named twice gets the message once.</summary>
    public void Add(EnvelopeRecipient recipient)
    {
        _addresses ??= new HashSet<string>(StringComparer.Ordinal);
        if (_addresses.Add(recipient.Address))
        {
            _recipients.Add(recipient);
        }
    }
}
