namespace Posthorn.Standards.Spf;

/// <summary>What check_host() found out.</summary>
/// <param name="Result">The result.</param>
/// <param name="Domain">The domain that was checked.</param>
/// <param name="Mechanism">The term that decided, as it stands in the record; null where none did.</param>
/// <param name="Reason">Why there is no answer, or an error.</param>
/// <param name="Explanation">What the domain's owner says to those who fail (RFC 7208 §6.2): text of a third party, ASCII, bounded.</param>
public sealed record SpfOutcome(SpfResult Result, string Domain, string? Mechanism = null, string? Reason = null, string? Explanation = null);
