using System.Text;

namespace Posthorn.Core.Search;

/// <summary>Finds the words of a search in a text that is shown, as the search itself compares them.</summary>
public static class HitMarks
{
    /// <summary>Marks of one text; the rest stays unmarked.</summary>
    private const int Most = 1_000;

    /// <summary>Places in <paramref name="text"/>, in order, none overlapping another.</summary>
    public static IReadOnlyList<(int Start, int Length)> In(string text, IReadOnlyList<string> words)
    {
        (string folded, int[] starts) = Fold(text);
        var found = new List<(int Start, int End)>();
        foreach (string word in words)
        {
            string needle = SearchText.FoldSpaces(SearchText.Fold(word));
            for (int at = 0; needle.Length > 0 && found.Count < Most && (at = folded.IndexOf(needle, at, StringComparison.Ordinal)) >= 0; at += needle.Length)
            {
                found.Add((starts[at], EndOf(starts, at + needle.Length)));
            }
        }

        return Merge(found);
    }

    /// <summary>Where what was folded to the characters before <paramref name="end"/> ends: a mark does not end between a letter and its accents.</summary>
    private static int EndOf(int[] starts, int end)
    {
        int last = starts[end - 1];
        while (end < starts.Length - 1 && starts[end] == last)
        {
            end++;
        }

        return starts[end];
    }

    private static List<(int Start, int Length)> Merge(List<(int Start, int End)> found)
    {
        var merged = new List<(int Start, int Length)>();
        foreach ((int start, int end) in found.Order())
        {
            if (merged is [.., var last] && start <= last.Start + last.Length)
            {
                merged[^1] = (last.Start, Math.Max(last.Length, end - last.Start));
            }
            else
            {
                merged.Add((start, end - start));
            }
        }

        return merged;
    }

    /// <summary>Character by character, with the place that each came from; one more at the end.</summary>
    private static (string Folded, int[] Starts) Fold(string text)
    {
        char[] folded = new char[text.Length];
        int[] starts = new int[text.Length + 1];
        int length = 0, position = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (Rune.IsWhiteSpace(rune))
            {
                if (length == 0 || folded[length - 1] != ' ')
                {
                    Add(' ');
                }
            }
            else if (rune.IsAscii)
            {
                Add((char)Rune.ToUpperInvariant(rune).Value);
            }
            else
            {
                foreach (char letter in SearchText.Fold(rune.ToString()))
                {
                    Add(letter);
                }
            }

            position += rune.Utf16SequenceLength;
        }

        starts[length] = text.Length;
        return (new string(folded, 0, length), starts[..(length + 1)]);

        // Folded text is as long as the text in all but rare cases: a ligature becomes two letters.
        void Add(char letter)
        {
            if (length == folded.Length)
            {
                Array.Resize(ref folded, (length * 2) + 1);
                Array.Resize(ref starts, folded.Length + 1);
            }

            folded[length] = letter;
            starts[length++] = position;
        }
    }
}
