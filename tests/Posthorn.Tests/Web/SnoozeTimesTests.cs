using Posthorn.Web.Mail;

namespace Posthorn.Tests.Web;

public sealed class SnoozeTimesTests
{
    private static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

    [Theory]
    [InlineData("2026-11-24T09:00", "2026-11-24T18:00 2026-11-25T08:00 2026-11-28T08:00 2026-11-30T08:00")]
    [InlineData("2026-11-24T19:00", "2026-11-25T08:00 2026-11-28T08:00 2026-11-30T08:00")]
    [InlineData("2026-11-27T09:00", "2026-11-27T18:00 2026-11-28T08:00 2026-11-30T08:00")]
    [InlineData("2026-11-29T09:00", "2026-11-29T18:00 2026-11-30T08:00 2026-12-05T08:00")]
    public void The_times_offered_are_to_come_and_none_twice(string now, string offered) => Assert.Equal(
        offered, string.Join(' ', SnoozeTimes.Offered(new DateTimeOffset(DateTime.Parse(now, System.Globalization.CultureInfo.InvariantCulture), TimeSpan.FromHours(1))).Select(static time => time.Value)));

    [Theory]
    [InlineData("2026-11-25T08:00", "2026-11-25T07:00")]
    [InlineData("2026-07-25T08:00", "2026-07-25T06:00")]
    // The clock leaves this hour out.
    [InlineData("2026-03-29T02:30", "2026-03-29T01:30")]
    [InlineData("2026-11-25", null)]
    [InlineData("tomorrow", null)]
    [InlineData("", null)]
    public void A_time_is_read_by_the_reader_s_clock(string typed, string? utc) =>
        Assert.Equal(utc, SnoozeTimes.Read(typed, Berlin)?.ToString("yyyy-MM-ddTHH:mm", System.Globalization.CultureInfo.InvariantCulture));
}
