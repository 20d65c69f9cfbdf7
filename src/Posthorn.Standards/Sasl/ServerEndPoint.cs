using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Posthorn.Standards.Sasl;

/// <summary>The channel binding tls-server-end-point: a hash of the server's certificate.</summary>
/// <remarks>RFC 5929 §4.1: the hash of the certificate's own signature, SHA-256 where that is MD5 or SHA-1; undefined where it has none (Ed25519).</remarks>
public static class ServerEndPoint
{
    private const string RsaPss = "1.2.840.113549.1.1.10";

    /// <summary>Null: this certificate has no such binding, so SCRAM-SHA-256-PLUS is not offered with it.</summary>
    public static byte[]? Of(X509Certificate2 certificate) => HashOf(certificate) switch
    {
        "SHA256" => SHA256.HashData(certificate.RawDataMemory.Span),
        "SHA384" => SHA384.HashData(certificate.RawDataMemory.Span),
        "SHA512" => SHA512.HashData(certificate.RawDataMemory.Span),
        _ => null,
    };

    private static string? HashOf(X509Certificate2 certificate) => certificate.SignatureAlgorithm.Value switch
    {
        "1.2.840.113549.1.1.4" or "1.2.840.113549.1.1.5" or "1.2.840.10045.4.1" => "SHA256", // MD5 and SHA-1 with RSA, SHA-1 with ECDSA
        "1.2.840.113549.1.1.11" or "1.2.840.10045.4.3.2" => "SHA256",
        "1.2.840.113549.1.1.12" or "1.2.840.10045.4.3.3" => "SHA384",
        "1.2.840.113549.1.1.13" or "1.2.840.10045.4.3.4" => "SHA512",
        RsaPss => PssHashOf(certificate),
        _ => null,
    };

    // RSASSA-PSS-params ::= SEQUENCE { hashAlgorithm [0] HashAlgorithm DEFAULT sha1, ... }      RFC 4055 §3.1
    private static string? PssHashOf(X509Certificate2 certificate)
    {
        try
        {
            AsnReader body = new AsnReader(certificate.RawDataMemory, AsnEncodingRules.DER).ReadSequence();
            body.ReadEncodedValue();
            AsnReader algorithm = body.ReadSequence();
            algorithm.ReadObjectIdentifier();
            AsnReader parameters = algorithm.ReadSequence();
            var hashTag = new Asn1Tag(TagClass.ContextSpecific, 0, isConstructed: true);
            if (!parameters.HasData || parameters.PeekTag() != hashTag)
            {
                return "SHA256";
            }
            return parameters.ReadSequence(hashTag).ReadSequence().ReadObjectIdentifier() switch
            {
                "1.3.14.3.2.26" or "2.16.840.1.101.3.4.2.1" => "SHA256",
                "2.16.840.1.101.3.4.2.2" => "SHA384",
                "2.16.840.1.101.3.4.2.3" => "SHA512",
                _ => null,
            };
        }
        catch (AsnContentException)
        {
            return null;
        }
    }
}
