namespace Posthorn.Standards.Dmarc;

/// <summary>Results of the "dmarc" method (RFC 9989 §5.3.5, RFC 7489 §11.2).</summary>
public enum DmarcResult
{
    /// <summary>The author's domain publishes no policy.</summary>
    None,
    Pass,
    Fail,

    /// <summary>The DNS did not answer, so neither can be said.</summary>
    TempError,

    /// <summary>From names no domain.</summary>
    PermError,
}

/// <summary>What the domain's owner asks to be done with mail that fails (RFC 9989 §4.7).</summary>
public enum DmarcPolicy
{
    None,
    Quarantine,
    Reject,
}

/// <summary>What DMARC says of one message.</summary>
/// <param name="Result">The result.</param>
/// <param name="Policy">The owner's wish, testing mode taken off; to be looked at where the result is a failure.</param>
/// <param name="AuthorDomain">The domain of From that decided; empty where there is none, or too many.</param>
/// <param name="PolicyDomain">Where the record was found.</param>
/// <param name="Reason">What aligned, or what did not.</param>
public sealed record DmarcOutcome(
    DmarcResult Result, DmarcPolicy Policy, string AuthorDomain, string? PolicyDomain = null, string? Reason = null);
