using System.Buffers;
using Posthorn.Standards.Smtp;

namespace Posthorn.Standards.Mime;

/// <summary>What automatic answers and forwarding need to know of a message, from its header alone.</summary>
public sealed record ReplyHeader
{
    /// <summary>Addresses of Delivered-To that are looked at; a message with more goes round.</summary>
    public const int MaxDeliveredTo = 100;

    public required MessageSummary Summary { get; init; }

    /// <summary>Whom To, Cc, Bcc and their Resent- forms name, each once.</summary>
    /// <remarks>RFC 5230 §4.5.</remarks>
    public required IReadOnlySet<string> Recipients { get; init; }

    /// <summary>Accounts that it has been through, in comparable form.</summary>
    /// <remarks>RFC 9228 §3.</remarks>
    public required IReadOnlySet<string> DeliveredTo { get; init; }

    /// <summary>Precedence says bulk, list or junk, or a program asks not to be answered (X-Auto-Response-Suppress).</summary>
    public bool IsBulk { get; init; }

    /// <summary>A filter before us called it junk.</summary>
    public bool IsJunk { get; init; }

    /// <param name="header">A header, or a message: what follows the empty line is not looked at.</param>
    public static ReplyHeader Read(ReadOnlySpan<byte> header)
    {
        HashSet<string> recipients = [], deliveredTo = [];
        bool isBulk = false, isJunk = false;
        var block = new HeaderBlock(header);
        foreach (HeaderField field in block)
        {
            switch (field.Name.Length)
            {
                case 2 when field.Is("To"u8) || field.Is("Cc"u8):
                case 3 when field.Is("Bcc"u8):
                case 9 when field.Is("Resent-To"u8) || field.Is("Resent-Cc"u8):
                case 10 when field.Is("Resent-Bcc"u8):
                    ReadAddresses(field.Value, recipients);
                    break;
                case 10 when field.Is("Precedence"u8):
                    isBulk |= Says(field.Value, "bulk"u8) || Says(field.Value, "list"u8) || Says(field.Value, "junk"u8);
                    break;
                case 11 when field.Is("X-Spam-Flag"u8):
                    isJunk |= Says(field.Value, "yes"u8);
                    break;
                case 12 when field.Is("Delivered-To"u8) && deliveredTo.Count < MaxDeliveredTo:
                    ReadAddresses(field.Value, deliveredTo);
                    break;
                case 24 when field.Is("X-Auto-Response-Suppress"u8):
                    isBulk |= !Says(field.Value, "none"u8);
                    break;
            }
        }

        return new ReplyHeader { Summary = MessageSummary.Read(block.Octets), Recipients = recipients, DeliveredTo = deliveredTo, IsBulk = isBulk, IsJunk = isJunk };
    }

    private static bool Says(ReadOnlySpan<byte> value, ReadOnlySpan<byte> word) => Ascii.EqualsIgnoreCase(value.Trim(" \t\r\n"u8), word);

    private static void ReadAddresses(ReadOnlySpan<byte> value, HashSet<string> into)
    {
        byte[] scratch = ArrayPool<byte>.Shared.Rent(value.Length);
        try
        {
            var addresses = new AddressListReader(value, scratch);
            while (addresses.Read())
            {
                if (addresses.Kind == AddressKind.Mailbox && !addresses.Host.IsEmpty
                    && EmailAddress.TryParse($"{LocalPartGrammar.Write(HeaderText.Decode(addresses.Mailbox))}@{HeaderText.Decode(addresses.Host)}", out EmailAddress? address))
                {
                    into.Add(address.Canonical);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }
}
