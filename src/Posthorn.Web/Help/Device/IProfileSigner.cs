namespace Posthorn.Web.Help.Device;

/// <summary>Signs with the server's certificate, whose key the pages do not hold.</summary>
public interface IProfileSigner
{
    /// <summary>CMS with the content inside (RFC 5652 §5), as Apple's devices take a configuration profile.</summary>
    byte[] Sign(byte[] content);
}
