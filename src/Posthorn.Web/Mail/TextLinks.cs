using System.Text.RegularExpressions;

namespace Posthorn.Web.Mail;

/// <summary>A piece of a plain text: words, or an address of the web that can be followed.</summary>
public readonly record struct TextPiece(string Text, bool IsLink);

/// <summary>Finds web addresses in plain text.</summary>
internal static partial class TextLinks
{
    /// <summary>Links of one text; what is beyond stays text.</summary>
    public const int MaxLinks = 500;

    /// <summary>Characters of an address.</summary>
    private const int MaxLength = 2_000;

    private const string Marks = ".,;:!?'\">]”’";

    public static IEnumerable<TextPiece> Split(string text)
    {
        int done = 0;
        foreach (Match match in Address().Matches(text).Take(MaxLinks))
        {
            // A sentence's own marks end it; a bracket that was not opened inside it belongs to the sentence too.
            ReadOnlySpan<char> letters = match.ValueSpan.TrimEnd(Marks);
            for (int unopened = letters.Count(')') - letters.Count('('); unopened > 0 && letters.EndsWith(')'); unopened--)
            {
                letters = letters[..^1];
            }

            string address = letters.Length > MaxLength ? "" : letters.ToString();
            if (!Uri.TryCreate(address, UriKind.Absolute, out _))
            {
                continue;
            }

            if (match.Index > done)
            {
                yield return new TextPiece(text[done..match.Index], IsLink: false);
            }

            yield return new TextPiece(address, IsLink: true);
            done = match.Index + address.Length;
        }

        if (done < text.Length)
        {
            yield return new TextPiece(text[done..], IsLink: false);
        }
    }

    [GeneratedRegex(@"\bhttps?://[^\s<>\p{C}]+", RegexOptions.IgnoreCase)]
    private static partial Regex Address();
}
