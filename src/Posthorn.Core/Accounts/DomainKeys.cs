using System.Globalization;
using Posthorn.Standards.Dkim;

namespace Posthorn.Core.Accounts;

/// <summary>Makes the DKIM keys of a domain: RSA-2048 for everybody, Ed25519 for those who know it (RFC 8463).</summary>
public static class DomainKeys
{
    /// <param name="now">Its month is in the selectors, so that the next keys get others.</param>
    public static IReadOnlyList<DomainKey> Make(DateTimeOffset now)
    {
        string month = now.ToString("yyyyMM", CultureInfo.InvariantCulture);
        using DkimKey rsa = DkimKey.GenerateRsa($"r{month}"), ed25519 = DkimKey.GenerateEd25519($"e{month}");
        return [new(rsa.Selector, rsa.Algorithm, rsa.ToPem()), new(ed25519.Selector, ed25519.Algorithm, ed25519.ToPem())];
    }
}
