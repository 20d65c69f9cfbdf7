using Posthorn.Server.Imap.Searching;

namespace Posthorn.Tests.Server.Imap.Searching;

/// <remarks>RFC 6203 §3.</remarks>
public sealed class FuzzySearchTests
{
    [Theory]
    [InlineData("Kind, regards!", "KIND|REGARDS")]
    [InlineData("  (a)  b-c ", "A|B|C")]
    [InlineData("Caf\u00e9", "CAFE\u0301")]
    [InlineData("...", "")]
    [InlineData("", "")]
    public void A_text_is_its_words(string text, string words) => Assert.Equal(words, string.Join('|', FuzzySearch.Words(text)));

    [Theory]
    [InlineData("HELP", "HELP")]
    [InlineData("HELLO", "HELL")]
    [InlineData("MEETINGS", "MEETING")]
    [InlineData("CONFERENCES", "CONFERENC")]
    public void The_last_letters_of_a_long_word_do_not_count(string word, string stem) => Assert.Equal(stem, FuzzySearch.Stem(word));

    [Fact]
    public void Only_what_stands_under_fuzzy_is_loosened()
    {
        var exact = new SearchKey.AnyText("two words");
        SearchKey loose = FuzzySearch.Loosen(new SearchKey.And([exact, new SearchKey.Fuzzy(exact), new SearchKey.Not(new SearchKey.Fuzzy(new SearchKey.Body("single")))]));
        var all = Assert.IsType<SearchKey.And>(loose);
        Assert.Equal(exact, all.Keys[0]);
        Assert.Equal([new SearchKey.AnyText("TWO"), new SearchKey.AnyText("WORD")], Assert.IsType<SearchKey.And>(all.Keys[1]).Keys);
        Assert.Equal(new SearchKey.Not(new SearchKey.Body("SINGL")), all.Keys[2]);
    }

    [Fact]
    public void Words_have_a_bound() => Assert.Equal(FuzzySearch.MaxWords, FuzzySearch.Words(string.Join(' ', Enumerable.Repeat("word", 1_000))).Count);

    [Fact]
    public void What_is_weighed_are_the_texts_under_fuzzy() => Assert.Equal(
        ["a", "b", "c"],
        FuzzySearch.Texts(new SearchKey.And(
        [
            new SearchKey.Fuzzy(new SearchKey.Or(new SearchKey.AnyText("a"), new SearchKey.Header("X-Y", "b"))),
            new SearchKey.Fuzzy(new SearchKey.Envelope(SearchField.Subject, "c")), new SearchKey.Body("d"), new SearchKey.Not(new SearchKey.Fuzzy(new SearchKey.Body("e"))),
        ])));
}
