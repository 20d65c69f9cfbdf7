using System.Collections.Frozen;
using System.Reflection;
using System.Text;
using Posthorn.Web.Texts;

namespace Posthorn.Web.Help;

/// <summary>All articles, in every language of the pages. A test holds that each language has each of them.</summary>
internal sealed class HelpCentre
{
    /// <summary>Characters of a search that are looked at.</summary>
    public const int MaxQuery = 100;

    private const string Folder = "help/";

    private readonly FrozenDictionary<string, HelpArticle[]> _articles;

    public HelpCentre()
    {
        Assembly assembly = Assembly.GetExecutingAssembly();
        _articles = assembly.GetManifestResourceNames().Where(static name => name.StartsWith(Folder, StringComparison.Ordinal))
            .GroupBy(static name => name.Split('/')[1])
            .ToFrozenDictionary(
                static language => language.Key,
                language => language.Select(name =>
                {
                    using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!, Encoding.UTF8);
                    return HelpArticle.Parse(Path.GetFileNameWithoutExtension(name), reader.ReadToEnd());
                }).OrderBy(static article => article.Order).ToArray());
    }

    /// <summary>Of the request's language, in the order of the front page.</summary>
    public IReadOnlyList<HelpArticle> Articles => In(Language.Current);

    /// <summary>Of a language; of English where there are none in it.</summary>
    public IReadOnlyList<HelpArticle> In(string language) => _articles.GetValueOrDefault(language) ?? _articles[Language.Default];

    public HelpArticle? Find(string slug) => Articles.FirstOrDefault(article => article.Slug == slug);

    /// <summary>Articles that have every word, with those of their questions that have all of them; a word in a title counts more.</summary>
    public IReadOnlyList<HelpFinding> Search(string query)
    {
        string[] words = query[..Math.Min(query.Length, MaxQuery)].ToLowerInvariant().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        bool HasAll(string text) => Array.TrueForAll(words, word => text.Contains(word, StringComparison.Ordinal));
        return words.Length == 0
            ? []
            : [
                .. from article in Articles
                   where HasAll(article.Text)
                   orderby words.Count(word => article.Title.Contains(word, StringComparison.OrdinalIgnoreCase)) descending, article.Order
                   select new HelpFinding(article, [.. article.Questions.Where(question => HasAll(question.Text))]),
            ];
    }
}

/// <param name="Questions">Those that have every word of the search, by themselves.</param>
public sealed record HelpFinding(HelpArticle Article, IReadOnlyList<HelpQuestion> Questions);
