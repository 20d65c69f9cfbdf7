using MimeKit;

namespace Posthorn.Web.Mail.Reading;

/// <summary>How one leaves the list that a message came by.</summary>
/// <remarks>RFC 2369 §3.2 (List-Unsubscribe), RFC 8058 §3.1 (List-Unsubscribe-Post).</remarks>
/// <param name="OneClick">An address of https that a single request leaves the list by; null: there is none.</param>
/// <param name="Mail">Address, subject and text of a message that leaves it; null: there is none.</param>
/// <param name="Page">A page of the list's; null: there is none.</param>
public sealed record UnsubscribeWays(Uri? OneClick, Uri? Mail, Uri? Page)
{
    /// <summary>Addresses of the field that are looked at.</summary>
    private const int MaxAddresses = 10;

    /// <summary>Null: the message names no way.</summary>
    internal static UnsubscribeWays? Of(MimeMessage message)
    {
        if (message.Headers[HeaderId.ListUnsubscribe] is not { } field)
        {
            return null;
        }

        // RFC 2369 §2: addresses in angle brackets, commas between them, the first that can be used is the best.
        Uri[] addresses =
        [
            .. field.Split('<').Skip(1).Take(MaxAddresses).Select(static piece => piece.Split('>')[0].Trim())
                .Select(static text => Uri.TryCreate(text, UriKind.Absolute, out Uri? address) ? address : null).OfType<Uri>(),
        ];
        Uri? page = addresses.FirstOrDefault(static address => address.Scheme == Uri.UriSchemeHttps);
        // RFC 8058 §3.1: the field has this one value.
        bool isOneClick = message.Headers["List-Unsubscribe-Post"]?.Trim().Equals("List-Unsubscribe=One-Click", StringComparison.OrdinalIgnoreCase) == true;
        var ways = new UnsubscribeWays(isOneClick ? page : null, addresses.FirstOrDefault(static address => address.Scheme == Uri.UriSchemeMailto), page);
        return ways is { OneClick: null, Mail: null, Page: null } ? null : ways;
    }

    /// <summary>Address of our own page for the message that leaves the list.</summary>
    internal string? Compose
    {
        get
        {
            if (Mail is null)
            {
                return null;
            }

            string to = Uri.UnescapeDataString(Mail.AbsoluteUri["mailto:".Length..].Split('?')[0]);
            string fields = Mail.Query.TrimStart('?');
            // Only subject and body are taken over: a mailto of a stranger adds no recipients.
            IEnumerable<string> kept = fields.Split('&').Where(static pair =>
                pair.StartsWith("subject=", StringComparison.OrdinalIgnoreCase) || pair.StartsWith("body=", StringComparison.OrdinalIgnoreCase));
            return $"/mail/new?to={Uri.EscapeDataString(to)}{string.Concat(kept.Select(static pair => "&" + pair))}";
        }
    }
}
