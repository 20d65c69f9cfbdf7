namespace Posthorn.Standards.Dkim;

/// <summary>What became of one DKIM-Signature field.</summary>
/// <param name="Result">The result.</param>
/// <param name="Domain">Tag "d", normal; empty where it cannot be read.</param>
/// <param name="Selector">Tag "s".</param>
/// <param name="Algorithm">Tag "a".</param>
/// <param name="Mark">The first eight characters of tag "b", which tell signatures apart (RFC 6008 §4).</param>
/// <param name="Reason">Why it did not pass.</param>
/// <param name="Testing">The key's owner is only trying out DKIM (RFC 6376 §3.6.1, flag "y").</param>
public sealed record DkimSignatureOutcome(
    DkimResult Result, string Domain, string Selector, string Algorithm, string Mark, string? Reason = null, bool Testing = false);
