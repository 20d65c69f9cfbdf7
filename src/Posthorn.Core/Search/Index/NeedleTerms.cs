using System.Text;

namespace Posthorn.Core.Search.Index;

/// <summary>What a folded text that is searched for asks of the vocabulary: strings that terms of a message must hold, all of them.</summary>
/// <param name="Patterns">Octets to find in the vocabulary, where each term stands between zeros: a zero at an end means that the term ends there.</param>
/// <param name="IsExact">A term that holds the pattern says that the text is in the message; else the message has to be looked at.</param>
/// <param name="Sure">Of a text such as <c>name@</c>, with joiners at an end: a term that holds this says that the text is there. Null: it is not such a text.</param>
/// <param name="Edges">Where there is <paramref name="Sure"/>, these count instead of the patterns: the joiners may be those that a term was trimmed of, so a term that begins or ends there
/// says that the message has to be looked at. A message with neither does not have the text.</param>
internal sealed record NeedleTerms(IReadOnlyList<byte[]> Patterns, bool IsExact, byte[]? Sure, IReadOnlyList<byte[]> Edges)
{
    /// <summary>Strings that are looked for; the longest ones are kept, which are in the fewest messages.</summary>
    private const int MaxPatterns = 8;

    /// <summary>No pattern: the index has nothing to say of this text (there is no letter in it).</summary>
    public bool IsEmpty => Patterns.Count == 0;

    public static NeedleTerms Of(string folded)
    {
        var patterns = new List<string>();
        bool isExact = false;
        byte[]? sure = null;
        int position = 0;
        while (IndexTokens.TryRead(folded, ref position, out TokenRun run))
        {
            bool isAll = run.Length == folded.Length;
            sure = isAll && !run.IsIdeographic && run.Length <= IndexTokens.Whole ? Encoding.UTF8.GetBytes(folded) : null;
            isExact = run.IsIdeographic
                ? AddPairs(patterns, folded.AsSpan(run.Start, run.Length)) && isAll
                : AddPieces(patterns, folded.AsSpan(run.Start, run.Length), run.Start > 0, position < folded.Length) && isAll;
        }

        return new NeedleTerms(
            [.. patterns.Distinct().OrderByDescending(static pattern => pattern.Length).Take(MaxPatterns).Select(Encoding.UTF8.GetBytes)],
            isExact,
            isExact || patterns.Count == 0 ? null : sure,
            EdgesOf(folded));
    }

    // The text within a run: either it lies in the trimmed run with its joiners, or the trimmed run begins or ends where the text without them does.
    private static byte[][] EdgesOf(string folded)
    {
        ReadOnlySpan<char> core = IndexTokens.Trim(folded);
        if (core.IsEmpty)
        {
            return [];
        }

        int before = folded.AsSpan().IndexOf(core), after = folded.Length - before - core.Length;
        string leading = folded[..before], trailing = folded[^after..];
        return
        [
            .. (before > 0 ? [$"\0{core}{trailing}"] : (string[])[]).Concat(after > 0 ? [$"{leading}{core}\0"] : []).Concat(before > 0 && after > 0 ? [$"\0{core}\0"] : [])
                .Select(Encoding.UTF8.GetBytes),
        ];
    }

    /// <param name="beginsHere">A character that parts runs stands before it: the run of the message begins here too.</param>
    /// <param name="endsHere">The same of its end.</param>
    /// <returns>Whether one term with the piece in it is enough.</returns>
    private static bool AddPieces(List<string> patterns, ReadOnlySpan<char> run, bool beginsHere, bool endsHere)
    {
        ReadOnlySpan<char> term = IndexTokens.Trim(run);
        if (term.Length <= IndexTokens.Whole)
        {
            if (term.Length > 0)
            {
                patterns.Add($"{(beginsHere ? "\0" : "")}{term}{(endsHere ? "\0" : "")}");
            }

            return term.Length == run.Length && term.Length > 0;
        }

        // A run of the message around it may be longer still, and cut anywhere.
        patterns.Add(new string(Valid(term[..IndexTokens.Whole])));
        patterns.Add(new string(Valid(term[^IndexTokens.Whole..])));
        return false;
    }

    private static bool AddPairs(List<string> patterns, ReadOnlySpan<char> run)
    {
        int first = IndexTokens.IdeographLength(run, 0);
        if (first == run.Length)
        {
            patterns.Add(run.ToString());
            return true;
        }

        int start = 0, pairs = 0;
        for (int second = first; second < run.Length; second += IndexTokens.IdeographLength(run, second))
        {
            int end = second + IndexTokens.IdeographLength(run, second);
            patterns.Add($"\0{run[start..end]}\0");
            start = second;
            pairs++;
        }

        return pairs == 1;
    }

    /// <summary>Without half a surrogate pair at its ends.</summary>
    private static ReadOnlySpan<char> Valid(ReadOnlySpan<char> text)
    {
        text = char.IsLowSurrogate(text[0]) ? text[1..] : text;
        return char.IsHighSurrogate(text[^1]) ? text[..^1] : text;
    }
}
