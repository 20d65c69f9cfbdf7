using Posthorn.Core.Feedback;

namespace Posthorn.Web.Help.Answers;

/// <summary>What readers said of one article: of late, before that, and week by week.</summary>
/// <param name="Article">Its name in the address.</param>
/// <param name="Weeks">Yes and no of each of the last <see cref="WeekCount"/> weeks, the oldest first.</param>
public sealed record AnswerTrend(string Article, AnswerCount Late, AnswerCount Before, AnswerCount All, IReadOnlyList<AnswerCount> Weeks)
{
    public const int WeekCount = 12;

    /// <summary>Days that "of late" and "before that" have each.</summary>
    public const int Days = 30;

    /// <summary>Percent of late less percent before; null: one of the two has no answers.</summary>
    public int? Change => Late.Percent - Before.Percent;

    /// <summary>The articles that help least, of those that were answered, come first: there is something to do.</summary>
    public static IReadOnlyList<AnswerTrend> Of(IEnumerable<HelpAnswer> answers, DateTimeOffset now) =>
    [
        .. from answer in answers
           group answer by answer.Article into article
           let trend = Of(article.Key, [.. article], now)
           orderby trend.Late.Percent ?? trend.All.Percent, trend.All.Sum descending, trend.Article
           select trend,
    ];

    private static AnswerTrend Of(string article, HelpAnswer[] answers, DateTimeOffset now)
    {
        AnswerCount Between(double from, double to) =>
            AnswerCount.Of(answers.Where(answer => now - answer.At >= TimeSpan.FromDays(from) && now - answer.At < TimeSpan.FromDays(to)));
        return new AnswerTrend(
            article, Between(0, Days), Between(Days, 2 * Days), AnswerCount.Of(answers),
            [.. Enumerable.Range(0, WeekCount).Reverse().Select(week => Between(7 * week, 7 * (week + 1)))]);
    }
}

/// <summary>How many said yes, and how many no.</summary>
public readonly record struct AnswerCount(int Yes, int No)
{
    public int Sum => Yes + No;

    /// <summary>Of a hundred, how many it helped; null: nobody said anything.</summary>
    public int? Percent => Sum == 0 ? null : (int)Math.Round(100.0 * Yes / Sum);

    public static AnswerCount Of(IEnumerable<HelpAnswer> answers)
    {
        (int yes, int no) = (0, 0);
        foreach (HelpAnswer answer in answers)
        {
            (yes, no) = answer.IsHelpful ? (yes + 1, no) : (yes, no + 1);
        }

        return new AnswerCount(yes, no);
    }
}
