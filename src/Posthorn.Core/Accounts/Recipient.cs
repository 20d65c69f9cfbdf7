namespace Posthorn.Core.Accounts;

/// <summary>Where mail for an address goes; decided at RCPT (RFC 5321 §3.3) and nowhere else.</summary>
public abstract record Recipient
{
    private Recipient()
    {
    }

    /// <summary>Ours: these accounts, and these addresses that the queue reaches: elsewhere (targets of an alias), or of accounts that have no room at present.</summary>
    public sealed record Local(IReadOnlyList<Account> Accounts, IReadOnlyList<string> Elsewhere) : Recipient
    {
        /// <summary>The way back of mail that was forwarded: only what has the null sender goes there.</summary>
        public bool IsForBounces { get; init; }
    }

    /// <summary>Not one of our domains.</summary>
    public sealed record Foreign : Recipient;

    /// <summary>Our domain, but nobody there.</summary>
    public sealed record Unknown : Recipient;

    public sealed record Disabled : Recipient;

    /// <summary>Nobody of those whom it leads to has room.</summary>
    public sealed record OverQuota(long QuotaBytes) : Recipient;
}
