using MimeKit;
using Posthorn.Standards.Dns;

namespace Posthorn.Standards.Dmarc;

/// <summary>The domains that stand in From.</summary>
/// <remarks>RFC 9989 §5.3.1. Every From field counts, because nobody knows which one a reader is shown.</remarks>
public static class AuthorDomains
{
    /// <summary>Octets of one From field that are read; no honest one is near it.</summary>
    public const int MaxFieldLength = 16 * 1024;

    /// <summary>Normal and distinct. A mailbox without a usable domain makes the answer empty.</summary>
    public static IReadOnlyList<string> Read(ReadOnlyMemory<byte> header)
    {
        var domains = new List<string>();
        foreach (RawHeader.Field field in RawHeader.Read(header).Fields.Where(field => field.Is("From"u8)))
        {
            byte[] value = field.Value.Span.Trim(" \t\r\n"u8).ToArray();
            if (value.Length > MaxFieldLength || !InternetAddressList.TryParse(value, out InternetAddressList? addresses))
            {
                return [];
            }
            foreach (MailboxAddress mailbox in addresses.Mailboxes)
            {
                if (!DnsName.TryNormalize(mailbox.Domain, out string? domain) || domain.Length == 0)
                {
                    return [];
                }
                domains.Add(domain);
            }
        }
        return [.. domains.Distinct()];
    }
}
