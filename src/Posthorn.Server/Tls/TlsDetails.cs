using System.Net.Security;
using System.Security.Authentication;

namespace Posthorn.Server.Tls;

/// <summary>What was agreed in a TLS handshake.</summary>
/// <param name="Protocol">TLS 1.2 or 1.3.</param>
/// <param name="CipherSuite">The suite.</param>
/// <param name="Certificate">The certificate the client was shown; SCRAM-PLUS binds to it.</param>
/// <param name="ServerName">The name the client asked for, null without SNI.</param>
/// <param name="ClientAddresses">Those of a certificate that the client has shown and that holds; usually none.</param>
public sealed record TlsDetails(
    SslProtocols Protocol, TlsCipherSuite CipherSuite, ServerCertificate Certificate, string? ServerName, IReadOnlyList<string> ClientAddresses);

/// <summary>How a handshake ended.</summary>
public enum TlsResult
{
    Completed,

    /// <summary>The client closed before it was done: also what port checks look like.</summary>
    Closed,
    TimedOut,

    /// <summary>What came was not TLS, or nothing was agreed on.</summary>
    Failed,
}
