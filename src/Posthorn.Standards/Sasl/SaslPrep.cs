using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Posthorn.Standards.Sasl;

/// <summary>SASLprep: brings user names and passwords into the form in which they are compared.</summary>
/// <remarks>
/// RFC 4013 §2, with the tables of RFC 3454. Code points that Unicode 3.2 did not assign pass, as in a query (RFC 4013 §2.5), for stored passwords too:
/// otherwise nobody could have a newer letter in a password. Normalisation is the framework's, thus of a later Unicode; it is stable for the assigned ones.
/// </remarks>
public static class SaslPrep
{
    /// <summary>False: the text holds something prohibited, or mixes directions. The result may be empty.</summary>
    public static bool TryPrepare(ReadOnlySpan<char> text, [NotNullWhen(true)] out string? prepared)
    {
        // Printable ASCII stays as it is: nearly every text.
        if (!text.ContainsAnyExceptInRange(' ', '~'))
        {
            prepared = text.ToString();
            return true;
        }
        prepared = null;
        if (!TryMap(text, out string? mapped))
        {
            return false;
        }
        string normal = mapped.Normalize(NormalizationForm.FormKC);
        if (HasProhibited(normal) || !IsOneDirection(normal))
        {
            return false;
        }
        prepared = normal;
        return true;
    }

    // RFC 4013 §2.1. Surrogates (RFC 3454 C.5) and noncharacters (C.4) end it here: normalisation refuses both.
    private static bool TryMap(ReadOnlySpan<char> text, [NotNullWhen(true)] out string? mapped)
    {
        mapped = null;
        var result = new StringBuilder(text.Length);
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(text, out Rune rune, out int length) is not System.Buffers.OperationStatus.Done || IsNoncharacter(rune))
            {
                return false;
            }
            if (SaslPrepTables.Contains(SaslPrepTables.NonAsciiSpaces, rune.Value))
            {
                result.Append(' ');
            }
            else if (!SaslPrepTables.Contains(SaslPrepTables.MappedToNothing, rune.Value))
            {
                result.Append(text[..length]);
            }
            text = text[length..];
        }
        mapped = result.ToString();
        return true;
    }

    // RFC 4013 §2.3
    private static bool HasProhibited(string text)
    {
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (SaslPrepTables.Contains(SaslPrepTables.Prohibited, rune.Value))
            {
                return true;
            }
        }
        return false;
    }

    // RFC 3454 §6: with any RandALCat there is no LCat, and the first and the last character are RandALCat.
    private static bool IsOneDirection(string text)
    {
        bool isFirst = true;
        bool startsRightToLeft = false;
        bool endsRightToLeft = false;
        bool hasRightToLeft = false;
        bool hasLeftToRight = false;
        foreach (Rune rune in text.EnumerateRunes())
        {
            endsRightToLeft = SaslPrepTables.Contains(SaslPrepTables.RightToLeft, rune.Value);
            startsRightToLeft |= isFirst && endsRightToLeft;
            hasRightToLeft |= endsRightToLeft;
            hasLeftToRight |= SaslPrepTables.Contains(SaslPrepTables.LeftToRight, rune.Value);
            isFirst = false;
        }
        return !hasRightToLeft || (!hasLeftToRight && startsRightToLeft && endsRightToLeft);
    }

    private static bool IsNoncharacter(Rune rune) => (rune.Value & 0xfffe) == 0xfffe || rune.Value is >= 0xfdd0 and <= 0xfdef;
}
