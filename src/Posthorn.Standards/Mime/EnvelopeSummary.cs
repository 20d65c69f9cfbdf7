namespace Posthorn.Standards.Mime;

/// <summary>What a list of messages shows of a stored ENVELOPE, decoded.</summary>
/// <param name="Subject">Empty where there is none.</param>
/// <param name="Sent">The Date field, in the sender's zone; null where it cannot be read.</param>
public sealed record EnvelopeSummary(string Subject, DateTimeOffset? Sent, IReadOnlyList<EnvelopeAddress> From, IReadOnlyList<EnvelopeAddress> To)
{
    private static readonly EnvelopeSummary Unknown = new("", null, [], []);

    /// <param name="envelope">As <see cref="MessageEnvelope.ToImapBytes"/> wrote it; what is none gives an empty summary.</param>
    /// <remarks>RFC 9051 §7.5.2.</remarks>
    public static EnvelopeSummary Read(ReadOnlySpan<byte> envelope)
    {
        var reader = new EnvelopeReader(envelope);
        if (!reader.Take((byte)'('))
        {
            return Unknown;
        }

        byte[]? date = reader.Text(), subject = reader.Text();
        List<EnvelopeAddress> from = reader.Addresses();
        reader.Addresses();
        reader.Addresses();
        return new EnvelopeSummary(
            subject is null ? "" : HeaderText.Decode(subject), date is null ? null : DateText.Read(date), from, reader.Addresses());
    }
}

/// <param name="Name">As the sender wrote it; may be empty.</param>
/// <param name="Address">local-part@domain.</param>
public sealed record EnvelopeAddress(string Name, string Address)
{
    /// <summary>The name, or the address where there is none.</summary>
    public string Shown => Name.Length > 0 ? Name : Address;
}
