using System.Text;

namespace Posthorn.Standards.Dkim;

/// <summary>What a signature speaks for: RFC 6376 §3.5, tag "h".</summary>
public static class DkimCoverage
{
    /// <summary>The signature of this outcome covers all of these fields, each of which stands in the header once at the most: a second one would be read instead.</summary>
    public static bool Covers(ReadOnlyMemory<byte> header, DkimSignatureOutcome outcome, params IReadOnlyCollection<string> fields)
    {
        RawHeader raw = RawHeader.Read(header);
        return raw.Fields.Where(static field => field.Is("DKIM-Signature"u8)).Take(DkimVerifier.MaxSignatures).Any(field =>
                DkimTagList.TryParse(Encoding.Latin1.GetString(field.Value.Span), out DkimTagList? tags)
                && DkimSignature.TryRead(tags, out DkimSignature? signature, out _)
                && (signature.Mark, signature.Domain, signature.Selector) == (outcome.Mark, outcome.Domain, outcome.Selector)
                && fields.All(name => signature.SignedFields.Contains(name, StringComparer.OrdinalIgnoreCase)))
            && fields.All(name => raw.Fields.Count(field => field.Is(Encoding.ASCII.GetBytes(name))) <= 1);
    }
}
