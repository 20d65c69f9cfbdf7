using Microsoft.Extensions.Time.Testing;
using Posthorn.Core.Search.Index;

namespace Posthorn.Tests.Core.Search;

public sealed class BackgroundPaceTests
{
    private static readonly TimeSpan Worked = TimeSpan.FromMilliseconds(100);

    private readonly FakeTimeProvider _time = new();
    private TimeSpan _used;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task While_nothing_else_goes_on_a_tenth_of_the_work_is_rest()
    {
        Task rest = Rest(Cancel);
        Assert.False(rest.IsCompleted);
        Pass(TimeSpan.FromMilliseconds(10), processors: 0.1);
        await rest.WaitAsync(TimeSpan.FromSeconds(20), Cancel);
    }

    [Fact]
    public async Task While_others_are_at_work_nineteen_twentieths_of_the_time_are_theirs()
    {
        Task rest = Rest(Cancel);
        TimeSpan rested = TimeSpan.Zero;
        while (rested < Worked * 18.9)
        {
            Pass(TimeSpan.FromMilliseconds(10), processors: 1);
            rested += TimeSpan.FromMilliseconds(10);
            await Task.Yield();
            Assert.True(!rest.IsCompleted || rested >= Worked * 18.9, $"Rested {rested} only.");
        }

        while (!rest.IsCompleted)
        {
            Pass(TimeSpan.FromMilliseconds(90), processors: 1);
            await Task.Delay(1, Cancel);
        }
    }

    [Fact]
    public void Work_that_somebody_waits_for_does_not_rest() => Assert.True(Rest(Cancel, isAwaited: true).IsCompletedSuccessfully);

    [Fact]
    public async Task A_rest_ends_when_the_program_does()
    {
        using var stop = new CancellationTokenSource();
        Task rest = Rest(stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => rest);
    }

    private Task Rest(CancellationToken stop, bool isAwaited = false)
    {
        var pace = new BackgroundPace(_time, () => _used);
        pace.Begin();
        Pass(Worked, processors: 1);
        return pace.RestAsync(() => isAwaited, stop).AsTask();
    }

    private void Pass(TimeSpan time, double processors)
    {
        _used += time * processors;
        _time.Advance(time);
    }
}
