using Posthorn.Core.Feedback;
using Posthorn.Web.Help.Answers;

namespace Posthorn.Tests.Web.Help;

public sealed class AnswerTrendTests
{
    private static readonly DateTimeOffset Now = new(2026, 6, 30, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void What_was_said_of_late_is_held_against_what_was_said_before()
    {
        AnswerTrend trend = Assert.Single(AnswerTrend.Of([Said(1, true), Said(2, true), Said(29, false), Said(31, false), Said(59, true), Said(61, false), Said(200, true)], Now));
        Assert.Equal((new AnswerCount(2, 1), new AnswerCount(1, 1), new AnswerCount(4, 3)), (trend.Late, trend.Before, trend.All));
        Assert.Equal((67, 50, 17), (trend.Late.Percent, trend.Before.Percent, trend.Change));
        Assert.Equal(AnswerTrend.WeekCount, trend.Weeks.Count);
        Assert.Equal(new AnswerCount(2, 0), trend.Weeks[^1]);
        Assert.Equal(new AnswerCount(0, 2), trend.Weeks[^5]);
    }

    [Fact]
    public void The_article_that_helps_least_comes_first()
    {
        IReadOnlyList<AnswerTrend> trends = AnswerTrend.Of([Said(1, true, "good"), Said(1, false, "bad"), Said(1, true, "middling"), Said(1, false, "middling")], Now);
        Assert.Equal(["bad", "middling", "good"], trends.Select(static trend => trend.Article));
        Assert.All(trends, static trend => Assert.Null(trend.Change));
    }

    private static HelpAnswer Said(int daysAgo, bool isHelpful, string article = "imap") => new(article, isHelpful, "", Now - TimeSpan.FromDays(daysAgo));
}
