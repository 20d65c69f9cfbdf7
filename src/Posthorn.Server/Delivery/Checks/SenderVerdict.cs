using Posthorn.Standards.Dkim;
using Posthorn.Standards.Dmarc;
using Posthorn.Standards.Spf;

namespace Posthorn.Server.Delivery.Checks;

/// <summary>What was found out about a message's sender, each result with its reason.</summary>
/// <param name="Spf">Of MAIL FROM, or of HELO for the null sender.</param>
/// <param name="Dkim">One for each signature; empty for unsigned mail.</param>
/// <param name="Dmarc">Of the domain in From.</param>
/// <param name="AuthenticationResults">The field that tells readers, folded, with CRLF at the end.</param>
public sealed record SenderVerdict(
    SpfOutcome Spf, IReadOnlyList<DkimSignatureOutcome> Dkim, DmarcOutcome Dmarc, string AuthenticationResults);
