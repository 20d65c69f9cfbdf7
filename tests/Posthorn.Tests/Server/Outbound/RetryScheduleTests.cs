using Posthorn.Server.Outbound;

namespace Posthorn.Tests.Server.Outbound;

/// <summary>RFC 5321 §4.5.4.1: soon at first, then less and less often.</summary>
public sealed class RetryScheduleTests
{
    [Fact]
    public void Each_wait_is_longer_than_the_one_before_until_the_longest()
    {
        var random = new Random(1);
        TimeSpan[] waits = [.. Enumerable.Range(0, 7).Select(attempts => RetrySchedule.After(attempts, random))];
        Assert.Equal(waits.Order(), waits);
        Assert.InRange(waits[0], TimeSpan.FromSeconds(54), TimeSpan.FromSeconds(66));
        Assert.All([6, 7, 100, int.MaxValue], attempts => Assert.InRange(RetrySchedule.After(attempts, random), TimeSpan.FromHours(3.6), TimeSpan.FromHours(4.4)));
    }

    [Fact]
    public void What_failed_together_is_not_tried_together_for_ever()
    {
        var random = new Random(1);
        Assert.Equal(20, Enumerable.Range(0, 20).Select(_ => RetrySchedule.After(3, random)).Distinct().Count());
    }
}
