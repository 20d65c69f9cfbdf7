using System.Globalization;

namespace Posthorn.Core.Search.Index;

/// <summary>A run of letters in a folded text, and what kind they are of.</summary>
internal readonly record struct TokenRun(int Start, int Length, bool IsIdeographic);

/// <summary>Cuts folded texts into the terms of the index.</summary>
/// <remarks>
/// A term is a run of letters, digits, marks and symbols; <c>@ . - _ +</c> between them belong to it, so that an address is one term. A long run gives overlapping pieces:
/// whatever is up to <see cref="Whole"/> characters long lies whole in one of them, and no term is longer than <see cref="Longest"/>. Runs of Chinese and Japanese
/// characters, which know no spaces, give their pairs. Everything else parts the runs.
/// </remarks>
internal static class IndexTokens
{
    /// <summary>Characters of a term; one more where a surrogate pair would be cut.</summary>
    public const int Longest = 64;

    /// <summary>Every string of up to this many characters of a run lies whole in a term.</summary>
    public const int Whole = 32;

    private const byte Separator = 0, Letter = 1, Joiner = 2, Ideograph = 3, LowSurrogate = 4;

    private static readonly byte[] Classes = MakeClasses();

    /// <summary>The next run at or after <paramref name="position"/>, which moves behind it.</summary>
    public static bool TryRead(ReadOnlySpan<char> folded, ref int position, out TokenRun run)
    {
        while (position < folded.Length && Classes[folded[position]] is Separator or LowSurrogate)
        {
            position++;
        }

        int start = position;
        bool isIdeographic = position < folded.Length && Classes[folded[position]] == Ideograph;
        while (position < folded.Length && Classes[folded[position]] is var kind
            && (kind == LowSurrogate || (isIdeographic ? kind == Ideograph : kind is Letter or Joiner)))
        {
            position++;
        }

        run = new TokenRun(start, position - start, isIdeographic);
        return run.Length > 0;
    }

    /// <summary>Joiners at either end are no part of a term.</summary>
    public static ReadOnlySpan<char> Trim(ReadOnlySpan<char> run)
    {
        while (!run.IsEmpty && Classes[run[0]] == Joiner)
        {
            run = run[1..];
        }

        while (!run.IsEmpty && Classes[run[^1]] == Joiner)
        {
            run = run[..^1];
        }

        return run;
    }

    /// <summary>Where the term that begins at <paramref name="start"/> of a trimmed run ends; the next one begins <see cref="Next"/>.</summary>
    public static int EndOf(ReadOnlySpan<char> run, int start)
    {
        int end = start + Longest;
        return end >= run.Length ? run.Length : char.IsHighSurrogate(run[end - 1]) ? end + 1 : end;
    }

    /// <summary>Where the term after the one at <paramref name="start"/> begins; -1: that one reached the end of the run.</summary>
    public static int Next(ReadOnlySpan<char> run, int start)
    {
        if (EndOf(run, start) == run.Length)
        {
            return -1;
        }

        int next = start + Longest - Whole;
        return char.IsLowSurrogate(run[next]) ? next - 1 : next;
    }

    /// <summary>Characters of the ideograph at <paramref name="position"/>.</summary>
    public static int IdeographLength(ReadOnlySpan<char> run, int position) =>
        position + 1 < run.Length && char.IsLowSurrogate(run[position + 1]) ? 2 : 1;

    private static byte[] MakeClasses()
    {
        byte[] classes = new byte[char.MaxValue + 1];
        for (int code = 0; code < classes.Length; code++)
        {
            classes[code] = ClassOf((char)code);
        }

        return classes;
    }

    private static byte ClassOf(char letter) => letter switch
    {
        '@' or '.' or '-' or '_' or '+' => Joiner,
        < '\u0080' => char.IsAsciiLetterOrDigit(letter) ? Letter : Separator,
        Replacement => Separator,
        // Planes 2 and 3 are ideographs; other planes are letters and symbols.
        >= '\uD840' and <= '\uD88F' => Ideograph,
        >= '\uDC00' and <= '\uDFFF' => LowSurrogate,
        >= '\uD800' and <= '\uDBFF' => Letter,
        _ when char.IsWhiteSpace(letter) || char.IsControl(letter) || char.IsPunctuation(letter) => Separator,
        // Radicals to ideographs, kana with their marks among them; compatibility ideographs.
        >= '\u2E80' and <= '\u9FFF' or >= '\uF900' and <= '\uFAFF' => Ideograph,
        _ => CharUnicodeInfo.GetUnicodeCategory(letter) is UnicodeCategory.OtherNotAssigned or UnicodeCategory.Format ? Separator : Letter,
    };

    /// <summary>Stands for octets that are no text, also at the cut ends of a segment.</summary>
    private const char Replacement = '\uFFFD';
}
