using System.Text;
using Posthorn.Standards.Dns;
using Posthorn.Standards.Mime;

namespace Posthorn.Standards.Dmarc;

/// <summary>The domains that stand in From.</summary>
/// <remarks>
/// RFC 9989 §5.3.1. Every From field counts, because nobody knows which one a reader is shown. They are read as ENVELOPE is, broken addresses included:
/// what people are shown is what has to be judged.
/// </remarks>
public static class AuthorDomains
{
    // A broken address may leave them around its domain; no name in the DNS has one there, and the eye passes over them.
    private static ReadOnlySpan<byte> Stray => "<>()\"'\\,;:|."u8;

    /// <summary>Normal and distinct. An address without a usable domain counts for nothing.</summary>
    public static IReadOnlyList<string> Read(ReadOnlyMemory<byte> header)
    {
        var domains = new List<string>();
        foreach (RawHeader.Field field in RawHeader.Read(header).Fields.Where(field => field.Is("From"u8)))
        {
            AddTo(domains, field.Value.Span);
        }
        return [.. domains.Distinct()];
    }

    private static void AddTo(List<string> domains, ReadOnlySpan<byte> value)
    {
        var addresses = new AddressListReader(value, new byte[value.Length]);
        while (addresses.Read())
        {
            // Quotes can hold all of an address, or an "@" of the domain: what follows the last one is what people take for the domain.
            ReadOnlySpan<byte> shown = addresses.Host.IsEmpty ? addresses.Mailbox : addresses.Host;
            int at = shown.LastIndexOf((byte)'@');
            if ((at >= 0 || !addresses.Host.IsEmpty)
                && DnsName.TryNormalize(Encoding.UTF8.GetString(shown[(at + 1)..].Trim(Stray)), out string? domain) && domain.Length > 0)
            {
                domains.Add(domain);
            }
        }
    }
}
