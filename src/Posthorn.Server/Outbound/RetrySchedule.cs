namespace Posthorn.Server.Outbound;

/// <summary>When a deferred recipient is tried again: soon at first (greylisting), then less and less often (RFC 5321 §4.5.4.1).</summary>
internal static class RetrySchedule
{
    private static readonly TimeSpan[] Waits =
    [
        TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(30), TimeSpan.FromHours(1), TimeSpan.FromHours(2),
        TimeSpan.FromHours(4),
    ];

    /// <summary>A tenth more or less, so that what failed together is not tried together for ever.</summary>
    private const double Spread = 0.1;

    /// <param name="attempts">Tries so far, the one that just failed not counted.</param>
    public static TimeSpan After(int attempts, Random random) =>
        Waits[Math.Min(attempts, Waits.Length - 1)] * (1 - Spread + (2 * Spread * random.NextDouble()));
}
