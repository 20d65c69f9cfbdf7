using System.Diagnostics.CodeAnalysis;
using Posthorn.Standards.Smtp;

namespace Posthorn.Standards.Srs;

/// <summary>
/// The envelope sender of mail that another server forwarded before: <c>SRS0=…@host</c> becomes <c>SRS1=hash=host==…@ours</c>, and so does <c>SRS1=…=host==…</c> of a
/// third. What comes back goes to that first host at once, however many forwarded in between, and the address grows no longer with each.
/// </summary>
/// <remarks>
/// The Sender Rewriting Scheme of M. S. Wong (2003), “guarded” form, as Perl's Mail::SRS::Guarded and libsrs2 have it. What stands behind the first host's
/// <c>SRS0</c> is carried as it is, with the separator (one of <c>= + -</c>) that the host chose: it alone checks hash and day of it. Our own hash is over host and
/// rest, so that nobody sends mail through this server to a host that it did not forward for.
/// </remarks>
public static class Srs1
{
    private const string Mark = "SRS1=";
    private const string First = "SRS0";
    private const string Further = "SRS1";
    private const string Separators = "=+-";

    /// <summary>Whether the address was rewritten by some server, so that it is this form that it gets here.</summary>
    public static bool IsRewritten(EmailAddress sender) => TryTake(sender, out _, out _);

    /// <summary>The sender as an address of ours; null: it was not rewritten before, or would be longer than a local part may be (RFC 5321 §4.5.3.1.1).</summary>
    public static EmailAddress? Write(EmailAddress sender, string domain, ReadOnlySpan<byte> key)
    {
        if (!TryTake(sender, out string? host, out string? rest))
        {
            return null;
        }

        string local = $"{Mark}{Hash(key, host, rest)}={host}={rest}";
        return EmailAddress.TryParse($"{LocalPartGrammar.Write(local)}@{domain}", out EmailAddress? rewritten) ? rewritten : null;
    }

    public static bool Is(EmailAddress address) => address.LocalPart.StartsWith(Mark, StringComparison.OrdinalIgnoreCase);

    /// <summary>The address of the first host that rewrote; false: it was not made here.</summary>
    public static bool TryRead(EmailAddress address, ReadOnlySpan<byte> key, [NotNullWhen(true)] out EmailAddress? first)
    {
        first = null;
        return Is(address)
            && TrySplit(address.LocalPart[Mark.Length..], out string? hash, out string? host, out string? rest)
            && hash.Length == SrsHash.Length
            && SrsHash.IsSame(hash, Hash(key, host, rest))
            && EmailAddress.TryParse($"{LocalPartGrammar.Write(First + rest)}@{host}", out first);
    }

    /// <param name="host">The first that rewrote.</param>
    /// <param name="rest">What its local part says behind <c>SRS0</c>, the separator included.</param>
    private static bool TryTake(EmailAddress sender, [NotNullWhen(true)] out string? host, [NotNullWhen(true)] out string? rest)
    {
        (host, rest) = (null, null);
        string local = sender.LocalPart;
        if (local.Length <= First.Length || !Separators.Contains(local[First.Length], StringComparison.Ordinal))
        {
            return false;
        }

        if (local.StartsWith(First, StringComparison.OrdinalIgnoreCase))
        {
            (host, rest) = (sender.Domain, local[First.Length..]);
            return true;
        }

        return local.StartsWith(Further, StringComparison.OrdinalIgnoreCase) && TrySplit(local[(Further.Length + 1)..], out _, out host, out rest);
    }

    /// <summary>Reads <c>hash=host=rest</c>, where the rest begins with a separator.</summary>
    private static bool TrySplit(
        string text, [NotNullWhen(true)] out string? hash, [NotNullWhen(true)] out string? host, [NotNullWhen(true)] out string? rest)
    {
        (hash, host, rest) = text.Split('=', 3) is [var one, { Length: > 0 } two, { Length: > 1 } three] && Separators.Contains(three[0], StringComparison.Ordinal)
            ? (one, two, three)
            : default((string?, string?, string?));
        return hash is not null && host is not null && rest is not null;
    }

    private static string Hash(ReadOnlySpan<byte> key, string host, string rest) => SrsHash.Of(key, $"srs1\0{host}\0{rest}");
}
