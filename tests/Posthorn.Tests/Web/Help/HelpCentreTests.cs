using System.Text.RegularExpressions;
using Posthorn.Web;
using Posthorn.Web.Help;
using Posthorn.Web.Texts;

namespace Posthorn.Tests.Web.Help;

/// <summary>The articles themselves: the same in every language, and true to the server's words.</summary>
public sealed partial class HelpCentreTests
{
    private static readonly HelpCentre Centre = new();

    /// <summary>
    /// Refusals that no mail app shows to a person, because a program that speaks the protocol does not earn them, or takes care of them itself.
    /// </summary>
    private static readonly string[] ForPrograms =
    [
        "There is a bare CR or LF in the message", "Binary content can be delivered here only", "got too many commands it does not know", "speaks SMTP; goodbye",
        "That charset is not known here", "Not while COMPRESS is on", "STORAGE and MESSAGE can be limited", "That entry is the server's own", "DEFLATE is on already",
        "One APPEND takes", "One APPEND copies", "Lists are not expanded here", "METADATA MAXSIZE",
        "Such an event is not told here", "A mailbox of another account is watched while it is selected", "REPLACE stays within the mailboxes of one account", "Rights are given here and taken back", "There is no update of such a tag", "Quotas are set by administrators", "A part has an encoding that cannot be taken off", "A mailbox here has one of the uses",
        "APPEND was cancelled by an empty message", "DEFLATE is the one algorithm here", "has a fault; try again later",
    ];

    public static TheoryData<string> OtherLanguages => [.. Language.Known.Where(static tag => tag != Language.Default)];

    [Theory]
    [MemberData(nameof(OtherLanguages))]
    public void Each_language_has_each_article_with_the_same_questions_values_links_and_order(string language)
    {
        static string Frame(HelpArticle article) =>
            $"{article.Order} {article.Slug}: {article.Questions.Count} questions, {string.Join(' ', Place().Matches(article.Html).Select(static match => match.Value).Order())}, "
            + string.Join(' ', Link().Matches(article.Html).Select(static match => match.Groups[1].Value).Order());
        Assert.Equal(Centre.In(Language.Default).Select(Frame), Centre.In(language).Select(Frame));
    }

    [Theory]
    [InlineData("en")]
    [InlineData("de")]
    public void Each_refusal_that_a_person_may_see_has_its_cause_in_the_list_of_errors(string language)
    {
        HelpArticle errors = Centre.In(language).Single(static article => article.Slug == "app-says");
        string[] missing =
        [
            .. Refusals().Where(refusal => !Array.Exists(ForPrograms, known => refusal.Contains(known, StringComparison.Ordinal)))
                .Where(refusal => !errors.Questions.Any(question => question.Text.Contains(refusal.ToLowerInvariant(), StringComparison.Ordinal))),
        ];
        Assert.Empty(missing);
    }

    [Theory]
    [InlineData("en")]
    [InlineData("de")]
    public void Each_code_that_a_notification_of_ours_carries_is_explained(string language)
    {
        HelpArticle returned = Centre.In(language).Single(static article => article.Slug == "returned");
        string[] codes =
        [
            .. Repository.Files("src/Posthorn.Server/Outbound", ".cs").Concat(Repository.Files("src/Posthorn.Server/Smtp", ".cs"))
                .SelectMany(static file => StatusCode().Matches(File.ReadAllText(file))).Select(static match => match.Groups[1].Value).Distinct().Order(),
        ];
        Assert.Contains("5.1.1", codes);
        Assert.All(codes, code => Assert.Contains(code, returned.Text, StringComparison.Ordinal));
    }

    [Fact]
    public void An_answer_opens_by_its_address()
    {
        HelpArticle article = HelpArticle.Parse("x", "title: T\nsummary: S\ngroup: G\norder: 1\n---\nBefore.\n\n## Who, “you” & I?\nYes.\n\n## 5.1.1?\nNo.\n");
        Assert.Equal([new HelpQuestion("who-you-i", "Who, “you” & I?", article.Questions[0].Text), new HelpQuestion("5-1-1", "5.1.1?", article.Questions[1].Text)], article.Questions);
        Assert.Contains("<details><summary>Who, “you” &amp; I?</summary>\n<div id=\"who-you-i\">", article.Html, StringComparison.Ordinal);
        Assert.All(Centre.In("en"), static known => Assert.Equal(known.Questions.Count, known.Questions.Select(static question => question.Id).Distinct().Count()));
    }

    [Theory]
    [InlineData("title: T\norder: 1\n---\nx")]
    [InlineData("title: T\nsummary: S\ngroup: G\norder: 1\nno line")]
    public void An_article_without_its_head_is_a_fault(string source) => Assert.Throws<FormatException>(() => HelpArticle.Parse("x", source));

    [Fact]
    public void Values_are_filled_in_and_encoded()
    {
        HelpArticle article = HelpArticle.Parse("x", "title: T\nsummary: S\ngroup: G\norder: 1\n---\n`{{user}}` {{imap.port}} {{imap.security}} {{smtp.url}} {{domain}}\n");
        var settings = new MailAppSettings("mx.test", [new MailAppService("IMAP", "recommended", 1143, "STARTTLS, required")], [new MailAppService("SMTP", "alternative", 465, "SSL/TLS")], 1);
        Assert.Equal("<p><code>&lt;i&gt;@a.test</code> 1143 STARTTLS smtps://%3Ci%3E@a.test@mx.test:465/ a.test</p>\n", LiveValues.Fill(article, settings, "<i>@a.test"));
        Assert.Throws<FormatException>(() => LiveValues.Fill(HelpArticle.Parse("x", "title: T\nsummary: S\ngroup: G\norder: 1\n---\n{{what}}\n"), settings, null));
    }

    /// <summary>The texts of refusals in the source: as far as a value is filled in.</summary>
    private static IEnumerable<string> Refusals() =>
        from file in Repository.Files("src/Posthorn.Server", ".cs")
        where file.Contains("/Smtp/", StringComparison.Ordinal) || file.Contains("/Imap/", StringComparison.Ordinal) || file.Contains("/Pop3/", StringComparison.Ordinal)
        from Match match in Refusal().Matches(File.ReadAllText(file))
        let text = match.Groups["text"].Value
        // {name} at the beginning is the host's; what stands behind a later one is not looked at.
        from part in new[] { text.Split('{', '}') is [var whole] ? whole : text.StartsWith('{') ? text.Split('}')[1] : text.Split('{')[0] }
        select part.Trim();

    // SMTP: refusals for a person are 421, 45x, 53x, 55x but 555, and those two of 50x that a wrong setting earns. IMAP: NO. POP3: those with a code.
    [GeneratedRegex("""
        (?:(?:SmtpReply(?:\.Fixed|\.Ending)?|new)\(\s*(?:421|45\d|502|504|53\d|55[0-4]),\s*"[\d.]+",\s*\$?"|ImapResult\.No\((?:new\ ResponseCode\(\$?"[^"]*"\)|[^",]*),\s*\$?"|Pop3Reply\.Error\("[A-Z/-]+",\s*\$?")(?<text>[^"]{12,})"
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Refusal();

    [GeneratedRegex("\"([45]\\.\\d\\.\\d+)\"")]
    private static partial Regex StatusCode();

    [GeneratedRegex(@"\{\{[a-z.-]+\}\}")]
    private static partial Regex Place();

    [GeneratedRegex("href=\"([^\"]+)\"")]
    private static partial Regex Link();
}
