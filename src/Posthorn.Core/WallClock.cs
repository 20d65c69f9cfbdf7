namespace Posthorn.Core;

/// <summary>Waiting for a time of the clock on the wall, which may be set.</summary>
internal static class WallClock
{
    /// <summary>From here on it is not the time that some lines of code take.</summary>
    private static readonly TimeSpan Jump = TimeSpan.FromSeconds(1);

    /// <summary>Then the clock is looked at again, whatever it was to wait for: a timer does not hear of it when it is set.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    /// <summary>Completes when it is <paramref name="due"/>, or as much time has gone by as it was away: a clock that is set back holds nobody up. Look again then.</summary>
    public static async Task UntilAsync(this TimeProvider time, DateTimeOffset due, CancellationToken cancel)
    {
        while (due - time.GetUtcNow() is var wait && wait > TimeSpan.Zero)
        {
            using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            Task waited = Task.Delay(wait < Longest ? wait : Longest, time, timer.Token);

            // Set between the look at it and the timer's start, the clock is ahead of the timer for good.
            if (wait - (due - time.GetUtcNow()) < Jump)
            {
                await waited;
                return;
            }

            await timer.CancelAsync();
        }
    }
}
