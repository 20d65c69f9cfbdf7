using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace Posthorn.Standards.Smtp;

/// <summary>A mailbox, <c>local-part@domain</c>, as envelopes carry it.</summary>
/// <remarks>
/// RFC 5321 §4.1.2, RFC 6531 §3.3. Equal addresses have the same local part, case included, and the same domain in comparable form. Two addresses
/// reach the same account when their <see cref="Canonical"/> forms are equal: the only place where case and <c>user+tag</c> fold.
/// <para>Not here: display names and comments (those belong to header fields), the null path and the bare <c>postmaster</c> (those belong to SMTP).</para>
/// </remarks>
public sealed record EmailAddress
{
    /// <summary>RFC 5321 §4.5.3.1.1: octets of the local part as written.</summary>
    public const int MaxLocalPart = 64;

    /// <summary>RFC 5321 §4.5.3.1.3: 256 octets of a path, less its two brackets.</summary>
    public const int MaxLength = 254;

    /// <summary>Begins the tag of <c>user+tag@domain</c>.</summary>
    public const char TagSeparator = '+';

    private EmailAddress(string localPart, string domain)
    {
        LocalPart = localPart;
        Domain = domain;
        (User, Tag) = Fold(localPart);
    }

    /// <summary>The local part without its quotes, case as written.</summary>
    public string LocalPart { get; }

    /// <summary>Lower-case A-labels, or an address literal with its brackets.</summary>
    public string Domain { get; }

    /// <summary>The local part as names of accounts are compared: NFC, lower case, without the tag.</summary>
    public string User { get; }

    /// <summary>What follows the first '+', lower case; null without one.</summary>
    public string? Tag { get; }

    /// <summary><see cref="User"/>, quoted only if it must be, at <see cref="Domain"/>.</summary>
    public string Canonical => Join(User, Domain);

    public bool IsAddressLiteral => Domain[0] == '[';

    /// <summary>The local part has no ASCII form: it travels only with SMTPUTF8 (RFC 6531 §3.4). A domain always has its A-labels.</summary>
    public bool NeedsSmtpUtf8 => !System.Text.Ascii.IsValid(LocalPart);

    /// <summary>The address with the domain as people read it, in U-labels where it has any.</summary>
    public string Display => Join(LocalPart, MailDomain.ToUnicode(Domain));

    /// <exception cref="FormatException">Not a mailbox.</exception>
    public static EmailAddress Parse(string text) =>
        TryParse(text, out EmailAddress? address) ? address : throw new FormatException("Not an address of the form local-part@domain.");

    /// <summary>Parses the octets of a command; they must be UTF-8.</summary>
    public static bool TryParse(ReadOnlySpan<byte> utf8, [NotNullWhen(true)] out EmailAddress? address)
    {
        address = null;
        return utf8.Length <= 2 * MaxLength && Utf8.IsValid(utf8) && TryParse(Encoding.UTF8.GetString(utf8), out address);
    }

    /// <summary>Parses a mailbox; a caller without SMTPUTF8 refuses octets above 127 itself.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out EmailAddress? address)
    {
        address = null;
        // A domain in U-labels may be longer than its A-labels, so what is sent is measured at the end.
        if (text is null || text.Length > 2 * MaxLength)
        {
            return false;
        }
        int end = LocalPartGrammar.Read(text, out string? localPart);
        if (localPart is null || end >= text.Length || text[end] != '@' || Encoding.UTF8.GetByteCount(text.AsSpan(0, end)) > MaxLocalPart)
        {
            return false;
        }
        if (MailDomain.TryNormalize(text[(end + 1)..], out string? domain))
        {
            var parsed = new EmailAddress(localPart, domain);
            address = Encoding.UTF8.GetByteCount(parsed.ToString()) <= MaxLength ? parsed : null;
        }
        return address is not null;
    }

    /// <summary>The form that is sent: minimum quoting (RFC 5321 §4.1.2), A-labels.</summary>
    public override string ToString() => Join(LocalPart, Domain);

    private static string Join(string localPart, string domain) => $"{LocalPartGrammar.Write(localPart)}@{domain}";

    private static (string User, string? Tag) Fold(string localPart)
    {
        // RFC 6532 §3.1: NFC, so that one name typed on two keyboards is one name.
        string folded = localPart.Normalize(NormalizationForm.FormC).ToLower(CultureInfo.InvariantCulture);
        int plus = folded.IndexOf(TagSeparator, StringComparison.Ordinal);
        return plus > 0 ? (folded[..plus], folded[(plus + 1)..]) : (folded, null);
    }
}
