using System.Net;

namespace Posthorn.Core.Accounts;

/// <summary>How many wrong passwords are taken from where, and what follows.</summary>
public sealed record SignInLimitOptions
{
    /// <summary>Wrong passwords for one user from one address (a /64 of IPv6) before it has to wait.</summary>
    public int FailuresPerUserAndAddress { get; init; } = 5;

    /// <summary>
    /// Repetitions of one wrong password in a window that do not count: a program that tries every minute stays below it, a flood that is to keep the
    /// processors busy does not.
    /// </summary>
    public int RepeatsPerUserAndAddress { get; init; } = 120;

    /// <summary>Wrong passwords for any user from a /24 of IPv4 or a /64 of IPv6.</summary>
    public int FailuresPerNetwork { get; init; } = 30;

    /// <summary>Wrong passwords for any user from a /48 of IPv6: what one customer commonly gets.</summary>
    public int FailuresPerSite { get; init; } = 100;

    /// <summary>The first wait; each further failure doubles it.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromSeconds(15);

    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Failures are forgotten this long after the last of them.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long after a sign-in an address counts as the user's own.</summary>
    public TimeSpan KnownAddressLifetime { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Entries of each table; the oldest go first. About 150 octets each.</summary>
    public int MaxEntries { get; init; } = 100_000;

    /// <summary>Networks that are never limited: a proxy of one's own, or loopback in a bench.</summary>
    public IReadOnlyList<IPNetwork> Exempt { get; init; } = [];
}
