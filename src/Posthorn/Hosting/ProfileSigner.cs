using System.Security.Cryptography.Pkcs;
using System.Security.Cryptography.X509Certificates;
using Posthorn.Configuration;
using Posthorn.Server.Tls;
using Posthorn.Web.Help.Device;

namespace Posthorn.Hosting;

/// <summary>Signs configuration profiles with the certificate that mail apps are shown: who trusts the server trusts its profile.</summary>
/// <remarks>RFC 5652 §5.</remarks>
internal sealed class ProfileSigner(CertificateStore certificates, PosthornOptions options, TimeProvider time) : IProfileSigner
{
    public byte[] Sign(byte[] content)
    {
        ServerCertificate certificate = certificates.Select(options.HostName);
        var message = new SignedCms(new ContentInfo(content));
        var signer = new CmsSigner(SubjectIdentifierType.IssuerAndSerialNumber, certificate.Leaf)
        {
            // The chain is given below; to build one here would look for issuers on the network.
            IncludeOption = X509IncludeOption.EndCertOnly,
        };
        signer.Certificates.AddRange(certificate.Intermediates);
        signer.SignedAttributes.Add(new Pkcs9SigningTime(time.GetUtcNow().UtcDateTime));
        message.ComputeSignature(signer);
        return message.Encode();
    }
}
