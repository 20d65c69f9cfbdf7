using System.Globalization;
using System.Text;

namespace Posthorn.Server.Pop3;

/// <summary>What stands behind a keyword.</summary>
internal readonly record struct Pop3Arguments(string? Text)
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Splits a line into its keyword and the rest.</summary>
    /// <exception cref="Pop3SyntaxException">Not UTF-8, or a NUL in it.</exception>
    public static Pop3Arguments Read(ReadOnlySpan<byte> line, out ReadOnlySpan<byte> keyword)
    {
        int space = line.IndexOf((byte)' ');
        keyword = space < 0 ? line : line[..space];
        if (space < 0)
        {
            return new Pop3Arguments(null);
        }

        try
        {
            string text = Strict.GetString(line[(space + 1)..]);
            return text.Contains('\0', StringComparison.Ordinal) ? throw new Pop3SyntaxException("A command cannot hold a NUL") : new Pop3Arguments(text);
        }
        catch (DecoderFallbackException)
        {
            throw new Pop3SyntaxException("A command is UTF-8");
        }
    }

    public void None(string keyword)
    {
        if (!string.IsNullOrWhiteSpace(Text))
        {
            throw new Pop3SyntaxException($"{keyword} stands alone");
        }
    }

    public string[] Words() => Text?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];

    /// <summary>A message number, or a count from 0.</summary>
    public static int Number(string word, int least) =>
        int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least
            ? number
            : throw new Pop3SyntaxException("A number is wanted");
}
