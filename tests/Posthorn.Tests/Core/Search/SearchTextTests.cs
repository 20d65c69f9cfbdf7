using Posthorn.Core.Search;

namespace Posthorn.Tests.Core.Search;

public sealed class SearchTextTests
{
    [Theory]
    [InlineData("Hello World", "o w", true)]
    [InlineData("caf\u00e9", "CAFE\u0301", true)]
    [InlineData("caf\u00e9", "cafeteria", false)]
    [InlineData("\u041e\u0442\u043f\u0443\u0441\u043a", "\u043e\u0442\u043f\u0443\u0441\u043a", true)]
    [InlineData("\u039a\u03b1\u03bb\u03b7\u03bc\u03ad\u03c1\u03b1", "\u039a\u0391\u039b\u0397\u039c\u0388\u03a1\u0391", true)]
    [InlineData("\uff21\uff22\uff23", "abc", true)]
    [InlineData("of\ufb01ce", "OFFICE", true)]
    [InlineData("o\ufb03ce", "OFFICE", true)]
    [InlineData("\u6771\u4eac\u90fd", "\u4eac", true)]
    [InlineData("\U00010428", "\U00010400", true)]
    [InlineData("a\ud800b\u00e9", "B\u00c9", true)]
    [InlineData("", "", true)]
    public void Case_width_and_composition_do_not_count(string text, string needle, bool found) =>
        Assert.Equal(found, SearchText.Fold(text).Contains(SearchText.Fold(needle), StringComparison.Ordinal));

    [Theory]
    [InlineData("\ud83d\ude00 ok", "\U0001F600", true)]
    [InlineData("\ude00\ud83d", "\U0001F600", false)]
    public void Surrogates_that_stand_alone_are_nothing(string text, string needle, bool found) =>
        Assert.Equal(found, SearchText.Fold(text).Contains(SearchText.Fold(needle), StringComparison.Ordinal));
}
