using System.Buffers;
using System.Text;

namespace Posthorn.Standards.Smtp;

/// <summary>Local-part = Dot-string / Quoted-string.</summary>
/// <remarks>RFC 5321 §4.1.2; characters beyond ASCII: RFC 6531 §3.3.</remarks>
internal static class LocalPartGrammar
{
    // RFC 5322 §3.2.3: atext
    private static readonly SearchValues<char> AText =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~");

    /// <summary>Reads from the start of the text; the index behind the local part. Null: there is none.</summary>
    public static int Read(string text, out string? localPart)
    {
        if (text.StartsWith('"'))
        {
            return ReadQuoted(text, out localPart);
        }
        int end = 0;
        while (end < text.Length && (text[end] == '.' || IsAtomCharacter(text[end])))
        {
            end++;
        }
        localPart = IsDotString(text.AsSpan(0, end)) && IsUnicode(text.AsSpan(0, end)) ? text[..end] : null;
        return end;
    }

    /// <summary>With quotes only where the text needs them.</summary>
    public static string Write(string localPart)
    {
        if (IsDotString(localPart))
        {
            return localPart;
        }
        var quoted = new StringBuilder(localPart.Length + 2).Append('"');
        foreach (char letter in localPart)
        {
            if (letter is '"' or '\\')
            {
                quoted.Append('\\');
            }
            quoted.Append(letter);
        }
        return quoted.Append('"').ToString();
    }

    // Quoted-string = DQUOTE *QcontentSMTP DQUOTE      RFC 5321 §4.1.2
    private static int ReadQuoted(string text, out string? localPart)
    {
        localPart = null;
        var content = new StringBuilder();
        for (int at = 1; at < text.Length; at++)
        {
            char letter = text[at];
            if (letter == '"')
            {
                localPart = IsUnicode(content.ToString()) ? content.ToString() : null;
                return at + 1;
            }
            if (letter == '\\')
            {
                at++;
                // quoted-pairSMTP = %d92 %d32-126, also with SMTPUTF8.
                if (at == text.Length || text[at] is not (>= ' ' and <= '~'))
                {
                    return 0;
                }
                letter = text[at];
            }
            else if (letter is < ' ' or '\x7f')
            {
                return 0;
            }
            content.Append(letter);
        }
        return 0;
    }

    // Dot-string = Atom *("." Atom)      RFC 5321 §4.1.2
    private static bool IsDotString(ReadOnlySpan<char> text)
    {
        bool afterAtom = false;
        foreach (char letter in text)
        {
            if (letter == '.' ? !afterAtom : !IsAtomCharacter(letter))
            {
                return false;
            }
            afterAtom = letter != '.';
        }
        return afterAtom;
    }

    private static bool IsAtomCharacter(char letter) => letter > '\x7f' || AText.Contains(letter);

    // Deviates from RFC 6531 §3.3: the controls U+0080 to U+009F are no part of a name; noncharacters cannot be normalised (RFC 6532 §3.1).
    private static bool IsUnicode(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(text, out Rune rune, out int length) is not OperationStatus.Done
                || rune.Value is >= 0x80 and <= 0x9f or >= 0xfdd0 and <= 0xfdef
                || (rune.Value & 0xfffe) == 0xfffe)
            {
                return false;
            }
            text = text[length..];
        }
        return true;
    }
}
