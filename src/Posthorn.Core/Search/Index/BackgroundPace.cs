namespace Posthorn.Core.Search.Index;

/// <summary>Lets work in the background rest between its pieces, so that mail comes first: longer, the more the process has to do besides.</summary>
/// <remarks>
/// What the process uses while this work rests is what others use. For one piece of work at a time.
/// </remarks>
/// <param name="time">Against which processor time is compared.</param>
/// <param name="used">Processor time of the process so far.</param>
internal sealed class BackgroundPace(TimeProvider time, Func<TimeSpan> used)
{
    /// <summary>Rest after a piece of work while nothing else goes on, as a part of the time that it took.</summary>
    private const double ShortRest = 0.1;

    /// <summary>The same while others are at work: a twentieth of one processor is left to this one, so that it comes to its end under any load.</summary>
    private const double LongRest = 19;

    /// <summary>Processors in use by others from which on they are at work.</summary>
    private const double Busy = 0.3;

    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private long _began = time.GetTimestamp();

    /// <summary>A piece of work begins after a time in which there was none.</summary>
    public void Begin() => _began = time.GetTimestamp();

    /// <summary>A piece of work is done; the next one begins when this returns.</summary>
    /// <param name="isAwaited">True as soon as somebody waits for this work: it does not rest then.</param>
    /// <param name="cancel">Ends the rest.</param>
    public async ValueTask RestAsync(Func<bool> isAwaited, CancellationToken cancel)
    {
        TimeSpan worked = time.GetElapsedTime(_began);
        if (!isAwaited())
        {
            TimeSpan before = used();
            long start = time.GetTimestamp();
            await Task.Delay(Bounded(worked * ShortRest), time, cancel);
            if ((used() - before) / time.GetElapsedTime(start) > Busy)
            {
                TimeSpan rest = Bounded(worked * LongRest);
                while (time.GetElapsedTime(start) < rest && !isAwaited())
                {
                    await Task.Delay(Bounded(rest / 10), time, cancel);
                }
            }
        }

        Begin();
    }

    private static TimeSpan Bounded(TimeSpan rest) => rest < Shortest ? Shortest : rest > Longest ? Longest : rest;
}
