using Posthorn.Server.Imap.Listing;

namespace Posthorn.Tests.Server.Imap.Listing;

public sealed class ListPatternTests
{
    [Theory]
    [InlineData("", "*", "a/b/c", true)]
    [InlineData("", "%", "a", true)]
    [InlineData("", "%", "a/b", false)]
    [InlineData("", "%/%", "a/b", true)]
    [InlineData("", "a/%", "a", false)]
    [InlineData("", "a/%", "a/b/c", false)]
    [InlineData("", "a/*", "a/b/c", true)]
    [InlineData("a/", "%", "a/b", true)]
    [InlineData("a", "%", "ab", true)]
    [InlineData("", "*2", "foo2/bar2", true)]
    [InlineData("", "*2", "foo2/bar1", false)]
    [InlineData("", "%*", "a/b", true)]
    [InlineData("", "a%c*e", "abcd/e", true)]
    [InlineData("", "a%c*e", "ab/cde", false)]
    [InlineData("", "**%%**", "a/b", true)]
    [InlineData("", "Sent", "sent", false)]
    [InlineData("", "inbox", "INBOX", true)]
    [InlineData("", "iN%", "INBOX", true)]
    [InlineData("", "inbox/Sub", "INBOX/Sub", true)]
    [InlineData("", "inbox/sub", "INBOX/Sub", false)]
    [InlineData("", "inboxes", "INBOXes", false)]
    [InlineData("", "E\u0301", "\u00C9", true)]
    [InlineData("", "", "", true)]
    public void Pattern_matches(string reference, string pattern, string name, bool matches) =>
        Assert.Equal(matches, new ListPattern(reference, pattern).Matches(name));

    [Fact]
    public void A_pattern_of_many_wildcards_ends()
    {
        var pattern = new ListPattern("", string.Concat(Enumerable.Repeat("*a", ListPattern.MaxCharacters / 2)) + "b");

        Assert.False(pattern.Matches(new string('a', 1_000)));
    }
}
