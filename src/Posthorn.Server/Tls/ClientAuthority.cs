using System.Formats.Asn1;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Posthorn.Server.Tls;

/// <summary>Whose certificates sign clients in (RFC 4422 §A, EXTERNAL), and which addresses they carry.</summary>
/// <remarks>
/// A certificate that does not hold is as good as none: the handshake goes on, and the client signs in otherwise. Revocation is not asked for; an account is
/// disabled, or the authority is replaced.
/// </remarks>
public sealed class ClientAuthority
{
    // RFC 5280 §4.2.1.12: id-kp-clientAuth, and anyExtendedKeyUsage.
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private const string AnyUsage = "2.5.29.37.0";
    private const string EmailAddress = "1.2.840.113549.1.9.1";
    private static readonly Asn1Tag Rfc822Name = new(TagClass.ContextSpecific, 1);

    private readonly TrustedRoots _roots;

    /// <param name="pem">One certificate or several, in PEM.</param>
    /// <param name="source">Where they come from, for the message of a fault.</param>
    /// <param name="time">For dates of certificates.</param>
    /// <exception cref="CertificateException">There is none, or one cannot be read.</exception>
    public ClientAuthority(string pem, string source, TimeProvider time)
    {
        _roots = new TrustedRoots(pem, source, time);
        // The names go out with the request, so that a client with several certificates knows which one is meant.
        Trust = SslCertificateTrust.CreateForX509Collection(_roots.Certificates, sendTrustInHandshake: true);
    }

    internal SslCertificateTrust Trust { get; }

    /// <summary>The addresses of a client that has shown this; empty: it counts for nothing.</summary>
    internal IReadOnlyList<string> Identify(X509Certificate? shown)
    {
        if (shown is null)
        {
            return [];
        }
        using var leaf = new X509Certificate2(shown);
        using X509Chain chain = _roots.NewChain();
        try
        {
            return IsForClients(leaf) && chain.Build(leaf) ? [.. AddressesOf(leaf)] : [];
        }
        catch (Exception fault) when (fault is CryptographicException or AsnContentException)
        {
            return [];
        }
    }

    private static bool IsForClients(X509Certificate2 leaf) =>
        leaf.Extensions.OfType<X509EnhancedKeyUsageExtension>().FirstOrDefault() is not { } usage
        || usage.EnhancedKeyUsages.Cast<Oid>().Any(oid => oid.Value is ClientAuthentication or AnyUsage);

    // RFC 5280 §4.2.1.6: the address belongs into the alternative names; emailAddress in the subject is the older way.
    private static List<string> AddressesOf(X509Certificate2 leaf)
    {
        var addresses = new List<string>();
        if (leaf.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault() is { } names)
        {
            AsnReader reader = new AsnReader(names.RawData, AsnEncodingRules.DER).ReadSequence();
            while (reader.HasData)
            {
                if (reader.PeekTag().HasSameClassAndValue(Rfc822Name))
                {
                    addresses.Add(reader.ReadCharacterString(UniversalTagNumber.IA5String, Rfc822Name));
                }
                else
                {
                    reader.ReadEncodedValue();
                }
            }
        }
        if (addresses.Count == 0)
        {
            addresses.AddRange(leaf.SubjectName.EnumerateRelativeDistinguishedNames()
                .Where(name => !name.HasMultipleElements && name.GetSingleElementType().Value == EmailAddress)
                .Select(name => name.GetSingleElementValue()).OfType<string>());
        }
        return addresses;
    }
}
