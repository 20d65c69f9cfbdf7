using Posthorn.Core;
using Posthorn.Core.Search;

namespace Posthorn.Tests.Core.Search;

public sealed class SearchCandidatesTests
{
    private static readonly DateTimeOffset Start = new(2024, 3, 4, 7, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(64)]
    [InlineData(1000)]
    public void They_are_taken_the_newest_first_however_they_came(int count)
    {
        var random = new Random(count);
        SearchCandidate[] added = [.. Enumerable.Range(1, count)
            .Select(id => new SearchCandidate(new SearchPosition(Start.AddSeconds(random.Next(count / 3 + 1)), new EmailId(id)), id % 2 == 0))];
        random.Shuffle(added);
        var candidates = new SearchCandidates();
        foreach (SearchCandidate candidate in added)
        {
            candidates.Add(candidate);
        }

        Assert.Equal(count, candidates.Count);
        var taken = new List<SearchCandidate>();
        while (candidates.Take(7) is { Count: > 0 } next)
        {
            taken.AddRange(next);
        }

        Assert.Equal(added.OrderByDescending(static one => one.Position.Received).ThenByDescending(static one => one.Position.Email.Value), taken);
    }

    [Fact]
    public void Others_than_those_to_keep_are_left_out()
    {
        var candidates = new SearchCandidates();
        for (int id = 1; id <= 100; id++)
        {
            candidates.Add(new SearchCandidate(new SearchPosition(Start, new EmailId(id)), IsSure: true));
        }

        candidates.Keep(new HashSet<EmailId> { new(3), new(77), new(500) });
        Assert.Equal([77, 3], candidates.Take(10).Select(static one => one.Position.Email.Value));
    }
}
