using Posthorn.Core.Search;

namespace Posthorn.Server.Imap.Searching;

/// <summary>FUZZY: every word of a text is looked for on its own, in any order, and its last letters do not count where it is long.</summary>
/// <remarks>
/// RFC 6203 §3. Dates, sizes, flags and sets are matched exactly (§5 leaves that to the server), as is what stands under NOT. Made of the exact keys, so the index serves it too.
/// </remarks>
internal static class FuzzySearch
{
    /// <summary>Words of one text that are looked for; the rest is not.</summary>
    public const int MaxWords = 20;

    /// <summary>Letters of a word whose last one does not count; and twice that, the last two.</summary>
    private const int LongWord = 5;

    /// <summary>The key with everything under FUZZY in its loose form.</summary>
    public static SearchKey Loosen(SearchKey key) => key switch
    {
        SearchKey.Fuzzy fuzzy => LoosenTexts(fuzzy.Key),
        SearchKey.And and => new SearchKey.And([.. and.Keys.Select(Loosen)]),
        SearchKey.Or or => new SearchKey.Or(Loosen(or.Left), Loosen(or.Right)),
        SearchKey.Not not => new SearchKey.Not(Loosen(not.Key)),
        _ => key,
    };

    /// <summary>The texts under FUZZY, by which what was found is weighed.</summary>
    public static IReadOnlyList<string> Texts(SearchKey key)
    {
        var texts = new List<string>();
        Collect(key, isFuzzy: false, texts);
        return texts;
    }

    /// <summary>Folded words, without what stands between them.</summary>
    public static IReadOnlyList<string> Words(string text)
    {
        var words = new List<string>();
        string folded = SearchText.Fold(text);
        int start = 0;
        for (int end = 0; end <= folded.Length && words.Count < MaxWords; end++)
        {
            if (end < folded.Length && !char.IsWhiteSpace(folded[end]) && !char.IsPunctuation(folded[end]) && !char.IsControl(folded[end]))
            {
                continue;
            }

            if (end > start)
            {
                words.Add(folded[start..end]);
            }

            start = end + 1;
        }

        return words;
    }

    public static string Stem(string word) => word.Length >= 2 * LongWord ? word[..^2] : word.Length >= LongWord ? word[..^1] : word;

    private static SearchKey LoosenTexts(SearchKey key) => key switch
    {
        SearchKey.Envelope envelope => Each(envelope.Text, word => envelope with { Text = word }, key),
        SearchKey.Header header => Each(header.Text, word => header with { Text = word }, key),
        SearchKey.Body body => Each(body.Text, word => body with { Text = word }, key),
        SearchKey.AnyText text => Each(text.Text, word => text with { Text = word }, key),
        SearchKey.Fuzzy fuzzy => LoosenTexts(fuzzy.Key),
        SearchKey.And and => new SearchKey.And([.. and.Keys.Select(LoosenTexts)]),
        SearchKey.Or or => new SearchKey.Or(LoosenTexts(or.Left), LoosenTexts(or.Right)),
        _ => key,
    };

    /// <param name="exact">Of a text without words.</param>
    private static SearchKey Each(string text, Func<string, SearchKey> make, SearchKey exact) => Words(text) switch
    {
        [] => exact,
        [var only] => make(Stem(only)),
        var words => new SearchKey.And([.. words.Select(word => make(Stem(word)))]),
    };

    private static void Collect(SearchKey key, bool isFuzzy, List<string> texts)
    {
        switch (key)
        {
            case SearchKey.Fuzzy fuzzy:
                Collect(fuzzy.Key, isFuzzy: true, texts);
                break;
            case SearchKey.And and:
                foreach (SearchKey one in and.Keys)
                {
                    Collect(one, isFuzzy, texts);
                }

                break;
            case SearchKey.Or or:
                Collect(or.Left, isFuzzy, texts);
                Collect(or.Right, isFuzzy, texts);
                break;
            case SearchKey.Envelope { Text: var text } when isFuzzy:
                texts.Add(text);
                break;
            case SearchKey.Header { Text: var text } when isFuzzy:
                texts.Add(text);
                break;
            case SearchKey.Body { Text: var text } when isFuzzy:
                texts.Add(text);
                break;
            case SearchKey.AnyText { Text: var text } when isFuzzy:
                texts.Add(text);
                break;
        }
    }
}
