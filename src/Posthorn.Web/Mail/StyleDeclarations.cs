using System.Buffers;
using System.Collections.Frozen;

namespace Posthorn.Web.Mail;

/// <summary>The declarations of a style attribute that may stay: looks and sizes, with values that are words, numbers, colours and plain functions of these.</summary>
/// <remarks>Nothing that fetches, moves out of its place or covers what is beneath: no url, no position, no escape, no nested function.</remarks>
internal static class StyleDeclarations
{
    private const int MaxDeclarations = 40;
    private const int MaxValue = 200;

    private static readonly FrozenSet<string> Properties = FrozenSet.ToFrozenSet(
        [
            "background", "background-color", "border", "border-bottom", "border-bottom-color", "border-bottom-style", "border-bottom-width", "border-collapse",
            "border-color", "border-left", "border-radius", "border-right", "border-spacing", "border-style", "border-top", "border-top-color", "border-top-style",
            "border-top-width", "border-width", "box-sizing", "clear", "color", "direction", "display", "float", "font", "font-family", "font-size", "font-style",
            "font-variant", "font-weight", "height", "letter-spacing", "line-height", "list-style", "list-style-type", "margin", "margin-bottom", "margin-left",
            "margin-right", "margin-top", "max-height", "max-width", "min-height", "min-width", "opacity", "overflow-wrap", "padding", "padding-bottom", "padding-left",
            "padding-right", "padding-top", "table-layout", "text-align", "text-decoration", "text-indent", "text-transform", "vertical-align", "white-space", "width",
            "word-break", "word-spacing", "word-wrap",
        ],
        StringComparer.OrdinalIgnoreCase);

    private static readonly string[] Functions = ["rgb", "rgba", "hsl", "hsla"];

    private static readonly SearchValues<char> Plain = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 #%.,!-+/'\"");

    /// <returns>May be empty.</returns>
    public static string Checked(string style) => string.Join(
        "; ",
        style.Split(';', MaxDeclarations + 1).Take(MaxDeclarations).Select(Read).OfType<string>());

    /// <summary>Null: it must go.</summary>
    private static string? Read(string declaration)
    {
        int colon = declaration.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
        {
            return null;
        }

        string property = declaration[..colon].Trim(), value = declaration[(colon + 1)..].Trim();
        return Properties.Contains(property) && value.Length is > 0 and <= MaxValue && IsPlain(value) ? $"{property}: {value}" : null;
    }

    // A function opens and closes once, with plain text in it; then come no, or more, of the same.
    private static bool IsPlain(ReadOnlySpan<char> value)
    {
        while (value.IndexOf('(') is >= 0 and int open)
        {
            ReadOnlySpan<char> before = value[..open];
            int close = value.IndexOf(')'), name = before.LastIndexOfAny(' ', ',') + 1;
            if (close < open || before.ContainsAnyExcept(Plain) || value[(open + 1)..close].ContainsAnyExcept(Plain) || !IsFunction(before[name..]))
            {
                return false;
            }

            value = value[(close + 1)..];
        }

        return !value.ContainsAnyExcept(Plain);
    }

    private static bool IsFunction(ReadOnlySpan<char> name)
    {
        foreach (string function in Functions)
        {
            if (name.Equals(function, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
