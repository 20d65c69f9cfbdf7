namespace Posthorn.Standards.Mime;

/// <summary>The texts of a stored ENVELOPE in which a search looks, decoded; null is NIL. Addresses are one text: <c>name &lt;mailbox@host&gt;, …</c>.</summary>
/// <param name="Sent">The day of the Date field, as the sender's clock had it.</param>
/// <remarks>RFC 9051 §6.4.4, §7.5.2.</remarks>
public sealed record EnvelopeTexts(
    DateOnly? Sent, string? Subject, string? From, string? To, string? Cc, string? Bcc, string? InReplyTo, string? MessageId)
{
    /// <summary>Nothing is known of the message.</summary>
    public static readonly EnvelopeTexts Empty = new(null, null, null, null, null, null, null, null);

    /// <summary>Null where it is no ENVELOPE.</summary>
    // envelope = "(" env-date SP env-subject SP env-from SP env-sender SP env-reply-to SP env-to SP env-cc SP env-bcc SP
    //            env-in-reply-to SP env-message-id ")"     RFC 9051 §9
    public static EnvelopeTexts? Read(ReadOnlySpan<byte> envelope)
    {
        var reader = new EnvelopeReader(envelope);
        if (!reader.Take((byte)'('))
        {
            return null;
        }

        DateOnly? sent = reader.Text() is { } text && DateText.Read(text) is { } date ? DateOnly.FromDateTime(date.DateTime) : null;
        string? subject = Decode(reader.Text()), from = reader.AddressesText();
        reader.AddressesText();
        reader.AddressesText();
        string? to = reader.AddressesText(), cc = reader.AddressesText(), bcc = reader.AddressesText();
        var read = new EnvelopeTexts(sent, subject, from, to, cc, bcc, Decode(reader.Text()), Decode(reader.Text()));
        return reader.Take((byte)')') ? read : null;
    }

    private static string? Decode(byte[]? value) => value is null ? null : HeaderText.Decode(value);
}
