using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Posthorn.Web.Texts;

namespace Posthorn.Tests.Web;

/// <summary>Every sentence of the pages is there in every language, and none that no page says.</summary>
public sealed partial class TextsTests
{
    private const string Source = "src/Posthorn.Web";

    public static TheoryData<string> OtherLanguages => [.. Language.Known.Where(static tag => tag != Language.Default)];

    [Theory]
    [MemberData(nameof(OtherLanguages))]
    public void Each_sentence_of_the_pages_is_translated(string language) => Assert.Empty(Sentences().Except(Translations(language).Keys));

    [Theory]
    [MemberData(nameof(OtherLanguages))]
    public void Nothing_is_translated_that_no_page_says(string language) => Assert.Empty(Translations(language).Keys.Except(Sentences()));

    [Theory]
    [MemberData(nameof(OtherLanguages))]
    public void A_translation_has_the_same_places_to_fill_in(string language) =>
        Assert.Empty(Translations(language).Where(static text => !Places(text.Key).SetEquals(Places(text.Value))).Select(static text => text.Key));

    [Fact]
    public void A_key_is_a_literal() => Assert.Empty(
        Files().SelectMany(static file => NoLiteral().Matches(File.ReadAllText(file)).Select(match => $"{Path.GetFileName(file)}: {match.Value}")));

    [Theory]
    [InlineData("de", "de")]
    [InlineData("de-AT,en;q=0.5", "de")]
    [InlineData("fr, en;q=0.3, de;q=0.8", "de")]
    [InlineData("fr", "en")]
    [InlineData("de;q=0", "en")]
    [InlineData("x-klingon;;;", "en")]
    [InlineData("", "en")]
    public void The_browser_s_first_known_language_is_spoken(string accepted, string expected)
    {
        (CultureInfo culture, CultureInfo texts) = (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture);
        try
        {
            var http = new DefaultHttpContext();
            http.Request.Headers.AcceptLanguage = accepted;
            Language.UseBrowsers(http.Request);
            Assert.Equal(expected, Language.Current);
        }
        finally
        {
            (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture) = (culture, texts);
        }
    }

    private static IEnumerable<string> Files() => Repository.Files(Source, ".cs", ".razor").Where(static file => !file.Contains("/Texts/", StringComparison.Ordinal));

    private static HashSet<string> Sentences() =>
        [.. Files().SelectMany(static file => Key().Matches(File.ReadAllText(file))).Select(static match => Regex.Unescape(match.Groups[1].Value))];

    private static Dictionary<string, string> Translations(string language)
    {
        var all = new Dictionary<string, string>();
        foreach (string file in Directory.EnumerateFiles(Repository.PathOf($"{Source}/Texts/{language}"), "*.json"))
        {
            foreach ((string english, string text) in JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllText(file)) ?? [])
            {
                // One sentence may stand in the file of several areas, as long as it says the same.
                Assert.True(all.TryAdd(english, text) || all[english] == text, $"“{english}” has two translations.");
            }
        }

        return all;
    }

    private static HashSet<string> Places(string text) => [.. Place().Matches(text).Select(static match => match.Value)];

    [GeneratedRegex("""\bT\["((?:[^"\\]|\\.)*)"[\],]""")]
    private static partial Regex Key();

    [GeneratedRegex("""\bT\[[^"].{0,20}""")]
    private static partial Regex NoLiteral();

    [GeneratedRegex(@"\{\d")]
    private static partial Regex Place();
}
