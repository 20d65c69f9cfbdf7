using System.Text;

namespace Posthorn.Core.Search;

/// <summary>Text in the form in which a search compares it.</summary>
/// <remarks>
/// Close to RFC 5051 §2 (i;unicode-casemap): decomposed with compatibility, then capitals, letter by letter. So case, width and ligatures do not
/// count, nor whether accents are composed; the accents themselves do.
/// Deviates from RFC 5051 §2: capitals instead of title case, which differ in a few digraphs that decompose anyhow.
/// </remarks>
public static class SearchText
{
    /// <summary>Characters before folding that a folded text of this length can come from, with the marks that may follow: what segments overlap by.</summary>
    public static int Overlap(int foldedLength) => (2 * foldedLength) + 64;

    public static string Fold(string text)
    {
        if (Ascii.IsValid(text))
        {
            return text.ToUpperInvariant();
        }

        // Normalisation refuses lone surrogates, which a segment of a text can begin or end with.
        string valid = HasLoneSurrogate(text) ? string.Concat(text.EnumerateRunes().Select(rune => rune.ToString())) : text;
        return valid.Normalize(NormalizationForm.FormKD).ToUpperInvariant();
    }

    /// <summary>Each run of white space as one space: a phrase is found over the end of a line too, where that is wanted.</summary>
    public static string FoldSpaces(string folded)
    {
        var text = new StringBuilder(folded.Length);
        foreach (char letter in folded)
        {
            if (!char.IsWhiteSpace(letter))
            {
                text.Append(letter);
            }
            else if (text.Length == 0 || text[^1] != ' ')
            {
                text.Append(' ');
            }
        }

        return text.ToString();
    }

    private static bool HasLoneSurrogate(string text)
    {
        for (int at = text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF'); at >= 0 && at < text.Length; at++)
        {
            if (char.IsSurrogate(text[at]) && (!char.IsHighSurrogate(text[at]) || ++at == text.Length || !char.IsLowSurrogate(text[at])))
            {
                return true;
            }
        }

        return false;
    }
}
