using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using MimeKit;

namespace Posthorn.Web.Mail.Writing;

/// <summary>Addresses as people write them into a field: names or not, commas or semicolons between them.</summary>
internal static class AddressList
{
    private static readonly SearchValues<char> Special = SearchValues.Create(",;<>@\"()");

    /// <param name="text">What was typed; empty gives an empty list.</param>
    /// <param name="list">Mailboxes only.</param>
    /// <param name="wrong">The part that is no address.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out InternetAddressList? list, [NotNullWhen(false)] out string? wrong)
    {
        (list, wrong) = ([], null);
        foreach (string part in Parts(text))
        {
            if (!MailboxAddress.TryParse(part, out MailboxAddress? address) || !Posthorn.Standards.Smtp.EmailAddress.TryParse(address.Address, out _))
            {
                (list, wrong) = (null, part);
                return false;
            }

            list.Add(address);
        }

        return true;
    }

    public static string InWords(InternetAddressList addresses) => string.Join(", ", addresses.Mailboxes.Select(InWords));

    public static string InWords(MailboxAddress address) => string.IsNullOrWhiteSpace(address.Name) ? address.Address
        : address.Name.AsSpan().ContainsAny(Special) ? $"\"{address.Name.Replace("\\", "", StringComparison.Ordinal).Replace("\"", "", StringComparison.Ordinal)}\" <{address.Address}>"
        : $"{address.Name} <{address.Address}>";

    /// <summary>At every comma or semicolon that stands in no quotes.</summary>
    private static IEnumerable<string> Parts(string text)
    {
        int start = 0;
        bool inQuotes = false;
        for (int at = 0; at <= text.Length; at++)
        {
            bool isEnd = at == text.Length;
            if (!isEnd && text[at] == '"')
            {
                inQuotes = !inQuotes;
            }

            if (isEnd || (!inQuotes && text[at] is ',' or ';'))
            {
                string part = text[start..at].Trim();
                start = at + 1;
                if (part.Length > 0)
                {
                    yield return part;
                }
            }
        }
    }
}
