using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Posthorn.Standards.Dns;

namespace Posthorn.Standards.Spf;

/// <summary>Puts the values of one check into macro-strings.</summary>
/// <remarks>RFC 7208 §7.3.</remarks>
/// <param name="query">The check; its address is not mapped.</param>
/// <param name="time">For the macro "t".</param>
/// <param name="validatedName">Finds the value of "p" for a domain; asked only where the macro stands.</param>
internal sealed class SpfMacroExpansion(SpfQuery query, TimeProvider time, Func<string, CancellationToken, ValueTask<string>> validatedName)
{
    /// <summary>RFC 7208 §6.2 lets us limit explanations; this is well under what one SMTP reply line holds.</summary>
    public const int MaxExplanation = 400;

    /// <summary>A name to ask the DNS for, cut from the left to the length a name can have.</summary>
    public async ValueTask<string> DomainAsync(SpfMacroString text, string domain, CancellationToken cancel)
    {
        string name = await ExpandAsync(text, domain, cancel);
        name = name.EndsWith('.') ? name[..^1] : name;
        if (name.Length <= DnsName.MaxLength)
        {
            return name;
        }
        string end = name[^(DnsName.MaxLength + 1)..];
        return end[(end.IndexOf('.', StringComparison.Ordinal) + 1)..];
    }

    /// <summary>Null where the expansion is not printable ASCII.</summary>
    public async ValueTask<string?> ExplanationAsync(SpfMacroString text, string domain, CancellationToken cancel)
    {
        string explanation = await ExpandAsync(text, domain, cancel);
        explanation = explanation.Length > MaxExplanation ? explanation[..MaxExplanation] : explanation;
        return explanation.AsSpan().ContainsAnyExceptInRange(' ', '~') ? null : explanation;
    }

    private async ValueTask<string> ExpandAsync(SpfMacroString text, string domain, CancellationToken cancel)
    {
        var expanded = new StringBuilder();
        foreach (SpfMacroString.Part part in text.Parts)
        {
            if (part.Letter is '\0' or '%')
            {
                expanded.Append(part.Literal);
                continue;
            }
            char letter = char.ToLowerInvariant(part.Letter);
            string value = letter == 'p' ? await validatedName(domain, cancel) : Value(letter, domain);
            value = Transform(value, part);
            expanded.Append(letter == part.Letter ? value : Uri.EscapeDataString(value));
        }
        return expanded.ToString();
    }

    private string Value(char letter, string domain)
    {
        int at = query.Sender.LastIndexOf('@');
        return letter switch
        {
            's' => query.Sender,
            'l' => query.Sender[..at],
            'o' => query.Sender[(at + 1)..],
            'd' => domain,
            'i' => Dotted(query.Address),
            'c' => query.Address.ToString(),
            'h' => query.Helo,
            'r' => query.Receiver,
            't' => time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
            _ => query.Address.AddressFamily is AddressFamily.InterNetwork ? "in-addr" : "ip6",
        };
    }

    private static string Transform(string value, SpfMacroString.Part part)
    {
        if (part is { Keep: 0, Reverse: false, Delimiters: "" })
        {
            return value;
        }
        string[] pieces = value.Split(part.Delimiters.Length == 0 ? ['.'] : part.Delimiters.ToCharArray());
        if (part.Reverse)
        {
            Array.Reverse(pieces);
        }
        int keep = part.Keep == 0 ? pieces.Length : Math.Min(part.Keep, pieces.Length);
        return string.Join('.', pieces[^keep..]);
    }

    private static string Dotted(IPAddress address) =>
        address.AddressFamily is AddressFamily.InterNetwork
            ? address.ToString()
            : string.Join('.', Convert.ToHexStringLower(address.GetAddressBytes()).AsEnumerable());
}
