using Microsoft.Extensions.Time.Testing;
using Posthorn.Core;

namespace Posthorn.Tests.Core;

/// <summary>A wait for a time of the clock ends when it is that time, whenever the clock is set.</summary>
public sealed class WallClockTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Set between the look at the clock and the start of the timer, all at once and in two steps.</summary>
    [Theory]
    [InlineData(10, 0)]
    [InlineData(9, 1)]
    [InlineData(3, 7)]
    [InlineData(0, 10)]
    public async Task A_clock_that_is_set_before_the_timer_runs_ends_the_wait_in_time(int before, int after)
    {
        var time = new SetAtOnce(Start, TimeSpan.FromSeconds(before));
        Task wait = time.UntilAsync(Start.AddSeconds(10), Cancel);
        if (after > 0)
        {
            Assert.False(wait.IsCompleted);
            time.Advance(TimeSpan.FromSeconds(after));
        }

        await wait.WaitAsync(Cancel);
    }

    [Fact]
    public async Task What_is_due_already_is_not_waited_for() => await new FakeTimeProvider(Start).UntilAsync(Start, Cancel);

    [Fact]
    public async Task It_may_be_years()
    {
        var time = new FakeTimeProvider(Start);
        Task wait = time.UntilAsync(Start.AddYears(3), Cancel);
        time.Advance(TimeSpan.FromDays(3 * 366));
        await wait.WaitAsync(Cancel);
    }

    [Fact]
    public async Task A_clock_that_is_set_back_holds_nobody_up()
    {
        var time = new SetBack(Start);
        Task wait = time.UntilAsync(Start.AddSeconds(10), Cancel);
        time.Back = TimeSpan.FromHours(1);
        time.Advance(TimeSpan.FromSeconds(10));
        await wait.WaitAsync(Cancel);
    }

    [Fact]
    public async Task It_can_be_given_up()
    {
        using var stop = new CancellationTokenSource();
        Task wait = new FakeTimeProvider(Start).UntilAsync(Start.AddSeconds(10), stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
    }

    private sealed class SetBack(DateTimeOffset start) : FakeTimeProvider(start)
    {
        public TimeSpan Back { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() - Back;
    }

    /// <summary>Goes ahead after it was looked at first.</summary>
    private sealed class SetAtOnce(DateTimeOffset start, TimeSpan by) : FakeTimeProvider(start)
    {
        private bool _isSet;

        public override DateTimeOffset GetUtcNow()
        {
            DateTimeOffset now = base.GetUtcNow();
            if (!_isSet)
            {
                _isSet = true;
                Advance(by);
            }

            return now;
        }
    }
}
