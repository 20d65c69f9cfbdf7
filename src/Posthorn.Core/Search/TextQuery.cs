namespace Posthorn.Core.Search;

/// <summary>A text to look for, as the index is asked.</summary>
/// <param name="Folded">See <see cref="SearchText.Fold"/>.</param>
/// <param name="IsPart">Only a part of the fields is meant, such as one line of the header: the index can say that the text is not there, not that it is.</param>
public sealed record TextQuery(TextFields Fields, string Folded, bool IsPart = false);
