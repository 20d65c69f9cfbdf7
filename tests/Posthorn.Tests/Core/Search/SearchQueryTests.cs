using Posthorn.Core.Messages;
using Posthorn.Core.Search;

namespace Posthorn.Tests.Core.Search;

public sealed class SearchQueryTests
{
    [Theory]
    [InlineData("lunch", "Words lunch")]
    [InlineData("  two   words ", "Words two; Words words")]
    [InlineData("\"kind regards\" x", "Words kind regards; Words x")]
    [InlineData("\u201Ekind regards\u201C", "Words kind regards")]
    [InlineData("\"no end", "Words no end")]
    [InlineData("from:anna@example.test", "From anna@example.test")]
    [InlineData("FROM:\"Anna B\"", "From Anna B")]
    [InlineData("to:bob", "To, Cc, Bcc bob")]
    [InlineData("subject:plan -draft", "Subject plan; -Words draft")]
    [InlineData("-from:anna", "-From anna")]
    [InlineData("filename:report.pdf", "Names report.pdf")]
    [InlineData("http://example.test/x", "Words http://example.test/x")]
    [InlineData("re:", "Words re:")]
    [InlineData("- x", "Words -; Words x")]
    public void Words_and_fields(string text, string expected)
    {
        SearchQuery query = SearchQuery.Parse(text);
        Assert.Equal(expected, string.Join("; ", query.Terms.Cast<SearchTerm.Text>().Select(term => $"{(term.IsNegated ? "-" : "")}{term.Fields} {term.Value}")));
        Assert.Empty(query.Objections);
    }

    [Fact]
    public void Operators_without_text()
    {
        SearchQuery query = SearchQuery.Parse("is:unread is:starred has:attachment in:\"Old Mail\" after:2026-01-31 before:2026/2/1 larger:5M smaller:10kb -is:read");
        Assert.Equal(
            [
                new SearchTerm.Flag(MessageFlags.Seen, IsSet: false), new SearchTerm.Flag(MessageFlags.Flagged, IsSet: true), new SearchTerm.HasAttachment(),
                new SearchTerm.In("Old Mail"), new SearchTerm.After(new DateOnly(2026, 1, 31)), new SearchTerm.Before(new DateOnly(2026, 2, 1)),
                new SearchTerm.Larger(5 << 20), new SearchTerm.Smaller(10 << 10), new SearchTerm.Flag(MessageFlags.Seen, IsSet: true) { IsNegated = true },
            ],
            query.Terms);
        Assert.Empty(query.Words);
    }

    [Theory]
    [InlineData("before:tomorrow", "before:tomorrow is no day; write it as before:2026-01-31.")]
    [InlineData("after:2026-02-30", "after:2026-02-30 is no day; write it as after:2026-01-31.")]
    [InlineData("larger:huge", "larger:huge is no size; write it as larger:5M.")]
    [InlineData("has:wings", "has:wings is not known; there is has:attachment.")]
    [InlineData("is:late", "is:late is not known; there are is:unread, is:read, is:flagged, is:unflagged, is:answered and is:draft.")]
    [InlineData("from:", "from: needs something after the colon.")]
    [InlineData("from: anna", "from: needs something after the colon.")]
    public void What_cannot_be_read_is_said(string text, string objection) => Assert.Equal(objection, Assert.Single(SearchQuery.Parse(text).Objections));

    [Fact]
    public void A_query_has_bounds()
    {
        Assert.Equal(SearchQueryReader.MaxTerms, SearchQuery.Parse(string.Join(' ', Enumerable.Repeat("a", 10_000))).Terms.Count);
        Assert.Equal(SearchQueryReader.MaxLength, Assert.IsType<SearchTerm.Text>(Assert.Single(SearchQuery.Parse(new string('x', 100_000)).Terms)).Value.Length);
        Assert.Empty(SearchQuery.Parse(" \t\r\n").Terms);
    }

    [Fact]
    public void Words_to_mark_are_those_that_must_be_there() => Assert.Equal(["plan", "anna"], SearchQuery.Parse("plan from:anna -draft PLAN is:read").Words);

    [Theory]
    [InlineData("1767322000123.17", true)]
    [InlineData("-5.1", true)]
    [InlineData("", false)]
    [InlineData("1", false)]
    [InlineData("1.x", false)]
    [InlineData("99999999999999999.1", false)]
    public void A_position_is_read_as_it_was_written(string text, bool isOne) => Assert.Equal(isOne ? text : null, SearchPosition.Parse(text)?.ToString());
}
