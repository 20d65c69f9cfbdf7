namespace Posthorn.Core.Search;

/// <summary>What a person typed into a search box, read. Pure data.</summary>
/// <param name="Terms">All hold for a message that is found; none: every message is.</param>
/// <param name="Objections">One sentence for each operator that could not be read; such a one limits nothing.</param>
public sealed record SearchQuery(IReadOnlyList<SearchTerm> Terms, IReadOnlyList<string> Objections)
{
    /// <summary>In which days begin and end.</summary>
    public TimeZoneInfo Zone { get; init; } = TimeZoneInfo.Utc;

    /// <summary>Words and phrases to mark in what is found: see <see cref="HitMarks"/>.</summary>
    public IReadOnlyList<string> Words =>
        [.. Terms.OfType<SearchTerm.Text>().Where(static term => !term.IsNegated).Select(static term => term.Value).Distinct(StringComparer.OrdinalIgnoreCase)];

    public static SearchQuery Parse(string text) => SearchQueryReader.Read(text);
}
