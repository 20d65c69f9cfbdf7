using System.Buffers;

namespace Posthorn.Standards.Mime;

/// <summary>What lists, threads and automatic answers need to know of a message, from its header alone.</summary>
public sealed record MessageSummary
{
    /// <summary>Without angle brackets; null when there is none.</summary>
    public string? MessageId { get; init; }

    /// <summary>Ids without brackets, oldest first, each once: References, and In-Reply-To where References does not hold it. At most <see cref="MimeLimits.References"/>.</summary>
    public required IReadOnlyList<string> References { get; init; }

    /// <summary>Decoded; "" when there is none.</summary>
    public required string Subject { get; init; }

    /// <summary>RFC 5256 §2.1.</summary>
    public required string BaseSubject { get; init; }

    /// <summary>The subject had a mark of a reply or forward.</summary>
    public bool IsReply { get; init; }

    /// <summary>Decoded display name of the first author; "" when there is none.</summary>
    public required string FromName { get; init; }

    /// <summary>local@domain of the first author, as written; "" when there is none.</summary>
    public required string FromAddress { get; init; }

    /// <summary>Date, or null when it cannot be read.</summary>
    public DateTimeOffset? Sent { get; init; }

    /// <summary>Auto-Submitted says something else than "no".</summary>
    /// <remarks>RFC 3834 §5.</remarks>
    public bool IsAutoSubmitted { get; init; }

    /// <summary>It came through a mailing list: List-Id or another List- field is there.</summary>
    /// <remarks>RFC 2919 §3, RFC 2369 §3.</remarks>
    public bool IsList { get; init; }

    /// <param name="header">A header, or a message: what follows the empty line is not looked at.</param>
    public static MessageSummary Read(ReadOnlySpan<byte> header)
    {
        var block = new HeaderBlock(header);
        var fields = new EnvelopeFields(block);
        List<string> references = [];
        bool isAutoSubmitted = false, isList = false;
        foreach (HeaderField field in block)
        {
            switch (field.Name.Length)
            {
                case 10 when field.Is("References"u8):
                    MessageIds.Read(field.Value, references, MimeLimits.References - 1);
                    break;
                case 14 when field.Is("Auto-Submitted"u8):
                    isAutoSubmitted |= !IsNo(field.Value.Trim(" \t\r\n"u8));
                    break;
                case > 5 when Ascii.StartsWithIgnoreCase(field.Name, "List-"u8):
                    isList = true;
                    break;
            }
        }

        MessageIds.Read(fields[EnvelopeField.InReplyTo], references, MimeLimits.References);
        string subject = HeaderText.Decode(fields[EnvelopeField.Subject]);
        (string name, string address) = ReadFrom(fields[EnvelopeField.From]);
        return new MessageSummary
        {
            MessageId = MessageIds.ReadOwn(fields[EnvelopeField.MessageId]),
            References = references,
            Subject = subject,
            BaseSubject = Mime.BaseSubject.Of(subject, out bool isReply),
            IsReply = isReply,
            FromName = name,
            FromAddress = address,
            Sent = DateText.Read(fields[EnvelopeField.Date]),
            IsAutoSubmitted = isAutoSubmitted,
            IsList = isList,
        };
    }

    // auto-submitted-field = "Auto-Submitted" ":" auto-submitted; comments and parameters may follow the word.          RFC 3834 §5
    private static bool IsNo(ReadOnlySpan<byte> value) =>
        Ascii.StartsWithIgnoreCase(value, "no"u8) && (value.Length == 2 || value[2] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n' or (byte)';' or (byte)'(');

    private static (string Name, string Address) ReadFrom(ReadOnlySpan<byte> value)
    {
        byte[] scratch = ArrayPool<byte>.Shared.Rent(value.Length);
        try
        {
            var addresses = new AddressListReader(value, scratch);
            while (addresses.Read())
            {
                if (addresses.Kind == AddressKind.Mailbox)
                {
                    string mailbox = HeaderText.Decode(addresses.Mailbox), host = HeaderText.Decode(addresses.Host);
                    return (HeaderText.Decode(addresses.Name), host.Length == 0 ? mailbox : $"{mailbox}@{host}");
                }
            }

            return ("", "");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }
}
