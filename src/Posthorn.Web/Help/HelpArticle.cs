using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Markdig;

namespace Posthorn.Web.Help;

/// <summary>An article of the help centre. Its source is Markdown with a few lines before it; what depends on the running server stands in it as <c>{{name}}</c>.</summary>
/// <param name="Slug">Its name in the address.</param>
/// <param name="Html">With the places for live values still in it.</param>
/// <param name="Text">For searching: without marks, lower case.</param>
/// <param name="Questions">What opens in place, in the order of the page.</param>
public sealed partial record HelpArticle(
    string Slug, string Title, string Summary, string Group, int Order, string Html, string Text, IReadOnlyList<HelpQuestion> Questions)
{
    /// <summary>Characters of an id; it stands in addresses.</summary>
    private const int MaxId = 60;

    private static readonly MarkdownPipeline Markdown = new MarkdownPipelineBuilder().UsePipeTables().DisableHtml().Build();

    /// <exception cref="FormatException">A line before the text is missing.</exception>
    public static HelpArticle Parse(string slug, string source)
    {
        string[] halves = source.ReplaceLineEndings("\n").Split("---\n", 2);
        Dictionary<string, string> head = halves[0].Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(static line => line.Split(": ", 2)).Where(static pair => pair.Length == 2).ToDictionary(static pair => pair[0], static pair => pair[1].Trim('"'));
        string Field(string name) => head.GetValueOrDefault(name) ?? throw new FormatException($"The article {slug} lacks the line \"{name}: ...\" at its top.");
        (string html, List<HelpQuestion> questions) = halves.Length == 2 ? Render(halves[1]) : throw new FormatException($"The article {slug} lacks the line --- before its text.");
        return new HelpArticle(
            slug, Field("title"), Field("summary"), Field("group"), int.Parse(Field("order"), CultureInfo.InvariantCulture), html,
            $"{Field("title").ToLowerInvariant()} {Field("summary").ToLowerInvariant()} {Words(html)}", questions);
    }

    /// <summary>Headings of the second level are questions: each opens in place. The id is on what opens, so that a link to it opens it.</summary>
    private static (string Html, List<HelpQuestion> Questions) Render(string markdown)
    {
        string[] pieces = Question().Split(markdown);
        var html = new StringBuilder(Markdig.Markdown.ToHtml(pieces[0], Markdown));
        var questions = new List<HelpQuestion>();
        for (int at = 1; at < pieces.Length; at += 2)
        {
            string answer = Markdig.Markdown.ToHtml(pieces[at + 1], Markdown);
            var question = new HelpQuestion(IdOf(pieces[at]), pieces[at], $"{pieces[at].ToLowerInvariant()} {Words(answer)}");
            questions.Add(question);
            html.Append(CultureInfo.InvariantCulture, $"<details><summary>{WebUtility.HtmlEncode(question.Title)}</summary>\n<div id=\"{question.Id}\">\n{answer}</div></details>\n");
        }

        return (html.ToString(), questions);
    }

    private static string Words(string html) => WebUtility.HtmlDecode(Tag().Replace(html, " ")).ToLowerInvariant();

    private static string IdOf(string title)
    {
        string id = NoWord().Replace(title.ToLowerInvariant(), "-").Trim('-');
        return id[..Math.Min(id.Length, MaxId)].TrimEnd('-');
    }

    [GeneratedRegex("^## (.+)\n", RegexOptions.Multiline)]
    private static partial Regex Question();

    [GeneratedRegex("<[^>]+>")]
    private static partial Regex Tag();

    [GeneratedRegex(@"[^\p{L}\p{Nd}]+")]
    private static partial Regex NoWord();
}

/// <param name="Id">Its name in the address, behind #.</param>
/// <param name="Text">Of question and answer, for searching.</param>
public sealed record HelpQuestion(string Id, string Title, string Text);
