using Posthorn.Core.Search;

namespace Posthorn.Tests.Core.Search;

public sealed class HitMarksTests
{
    [Theory]
    [InlineData("The Plan of plans", "plan", "The [Plan] of [plan]s")]
    [InlineData("cafe\u0301 noir", "caf\u00e9", "[cafe\u0301] noir")]
    [InlineData("Caf\u00e9", "CAFE", "[Caf\u00e9]")]
    [InlineData("of\ufb01ce", "off", "[of\ufb01]ce")]
    [InlineData("kind\r\n  regards", "kind regards", "[kind\r\n  regards]")]
    [InlineData("aaa", "aa", "[aa]a")]
    [InlineData("abc", "ab|bc", "[abc]")]
    [InlineData("\U0001F600 ok \U0001F600", "\U0001F600", "[\U0001F600] ok [\U0001F600]")]
    [InlineData("nothing", "x", "nothing")]
    [InlineData("", "x", "")]
    [InlineData("text", "", "text")]
    public void Words_are_marked_as_the_search_compares_them(string text, string words, string marked)
    {
        string shown = text;
        foreach ((int start, int length) in HitMarks.In(text, words.Split('|')).Reverse())
        {
            shown = $"{shown[..start]}[{shown.Substring(start, length)}]{shown[(start + length)..]}";
        }

        Assert.Equal(marked, shown);
    }

    [Fact]
    public void Marks_have_a_bound() => Assert.Single(HitMarks.In(new string('a', 100_000), ["a"]));
}
