using System.CommandLine;
using Posthorn.Administration;
using Posthorn.Core.Feedback;

namespace Posthorn.Commands;

/// <summary><c>posthorn help-answers</c></summary>
internal static class HelpAnswersCommand
{
    public static Command Make(CommandContext context)
    {
        var command = new Command("help-answers", "What readers of the help pages say about them: how often each helped, and the comments, newest first.");
        command.SetAction((parsed, cancel) => context.RunAsync(parsed, HelpOperations.Answers, new HelpAnswersRequest(), Show, cancel));
        return command;
    }

    private static void Show(IReadOnlyList<HelpAnswer> answers)
    {
        CommandContext.Table(
            ["Article", "Helped", "Did not", "Last"],
            answers.GroupBy(static answer => answer.Article).OrderByDescending(static article => article.Count(static answer => !answer.IsHelpful)).Select(static article => (IReadOnlyList<string>)
                [article.Key, $"{article.Count(static answer => answer.IsHelpful)}", $"{article.Count(static answer => !answer.IsHelpful)}", Day(article.Max(static answer => answer.At))]));
        HelpAnswer[] comments = [.. answers.Where(static answer => answer.Comment.Length > 0)];
        if (comments.Length > 0)
        {
            CommandContext.Table(
                ["When", "Article", "Helped", "Comment"],
                comments.Select(static answer => (IReadOnlyList<string>)[Day(answer.At), answer.Article, answer.IsHelpful ? "yes" : "no", answer.Comment.Replace('\n', ' ')]));
        }
    }

    private static string Day(DateTimeOffset time) => FormattableString.Invariant($"{time.ToLocalTime():yyyy-MM-dd}");
}
