using System.Diagnostics.CodeAnalysis;
using Posthorn.Standards.Smtp;

namespace Posthorn.Standards.Srs;

/// <summary>
/// The envelope sender of forwarded mail: <c>SRS0=hash=day=domain=local@ours</c>. It is in our domain, so SPF passes where the mail goes, and what comes back to it
/// finds its way to who wrote.
/// </summary>
/// <remarks>
/// The Sender Rewriting Scheme of M. S. Wong (2003), as other servers write it; there is no RFC. The hash (<see cref="SrsHash"/>) is over day, domain and local part.
/// What another server has rewritten already becomes <see cref="Srs1"/>.
/// </remarks>
public static class Srs0
{
    /// <summary>How long bounces find their way back: longer than any server tries.</summary>
    public static readonly TimeSpan Valid = TimeSpan.FromDays(14);

    private const string Mark = "SRS0=";
    private const int DayLength = 2;

    // Two digits of 32.
    private const int Days = 1024;

    /// <summary>The sender as an address of ours; null: it would be longer than a local part may be (RFC 5321 §4.5.3.1.1).</summary>
    public static EmailAddress? Write(EmailAddress sender, string domain, ReadOnlySpan<byte> key, DateTimeOffset now)
    {
        string day = Day(now);
        string local = $"{Mark}{Hash(key, day, sender.Domain, sender.LocalPart)}={day}={sender.Domain}={sender.LocalPart}";
        return EmailAddress.TryParse($"{LocalPartGrammar.Write(local)}@{domain}", out EmailAddress? rewritten) ? rewritten : null;
    }

    public static bool Is(EmailAddress address) => address.LocalPart.StartsWith(Mark, StringComparison.OrdinalIgnoreCase);

    /// <summary>Who wrote; false: it was not made here, or too long ago.</summary>
    public static bool TryRead(EmailAddress address, ReadOnlySpan<byte> key, DateTimeOffset now, [NotNullWhen(true)] out EmailAddress? sender)
    {
        sender = null;
        string[] parts = Is(address) ? address.LocalPart[Mark.Length..].Split('=', 4) : [];
        if (parts is not [{ Length: SrsHash.Length } hash, { Length: DayLength } day, var domain, var local]
            || !SrsHash.IsSame(hash, Hash(key, day, domain, local))
            || !IsRecent(day, now))
        {
            return false;
        }

        return EmailAddress.TryParse($"{LocalPartGrammar.Write(local)}@{domain}", out sender);
    }

    private static string Hash(ReadOnlySpan<byte> key, string day, string domain, string local) => SrsHash.Of(key, $"srs0\0{day}\0{domain}\0{local}");

    private static string Day(DateTimeOffset now)
    {
        long day = Number(now);
        return $"{SrsHash.Digits[(int)(day / SrsHash.Digits.Length)]}{SrsHash.Digits[(int)(day % SrsHash.Digits.Length)]}";
    }

    private static bool IsRecent(string day, DateTimeOffset now)
    {
        int high = SrsHash.Digits.IndexOf(char.ToLowerInvariant(day[0]), StringComparison.Ordinal), low = SrsHash.Digits.IndexOf(char.ToLowerInvariant(day[1]), StringComparison.Ordinal);
        if (high < 0 || low < 0)
        {
            return false;
        }

        long age = (Number(now) - ((high * SrsHash.Digits.Length) + low) + Days) % Days;
        return age <= (long)Valid.TotalDays;
    }

    private static long Number(DateTimeOffset now) => now.ToUnixTimeSeconds() / (24 * 60 * 60) % Days;
}
