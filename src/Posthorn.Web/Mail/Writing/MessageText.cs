using System.Text;
using AngleSharp.Dom;
using AngleSharp.Html.Parser;
using MimeKit;

namespace Posthorn.Web.Mail.Writing;

/// <summary>The text of a message for a field that holds plain text, and quoted for an answer.</summary>
internal static class MessageText
{
    /// <summary>Characters of a text that is quoted: more is cut off, and a line says so; the original is there to read.</summary>
    public const int MaxQuoted = 256 * 1024;

    private const string CutOff = "\n[…]";

    private static readonly HashSet<string> Blocks = new(
        ["P", "DIV", "BR", "TR", "LI", "H1", "H2", "H3", "H4", "H5", "H6", "BLOCKQUOTE", "PRE", "TABLE", "UL", "OL", "HR"], StringComparer.Ordinal);

    /// <summary>What is quoted of it.</summary>
    public static string Of(MimeMessage message)
    {
        string text = WholeOf(message);
        return text.Length > MaxQuoted ? text[..MaxQuoted] + CutOff : text;
    }

    /// <summary>All of it: of a draft, which is written on and kept anew.</summary>
    public static string WholeOf(MimeMessage message) => (MessageBody.Of(message).AsText() ?? "").ReplaceLineEndings("\n").TrimEnd();

    /// <summary>Each line behind "&gt; "; lines that are quoted already get no space between, so that depths stay countable.</summary>
    public static string Quoted(MimeMessage message)
    {
        string[] lines = Of(message).Split('\n');
        return string.Join('\n', lines.Select(static line => line.StartsWith('>') ? ">" + line : line.Length == 0 ? ">" : "> " + line));
    }

    /// <summary>Words of HTML that its writer wrote: what is quoted was written by somebody else.</summary>
    public static string OwnOf(string html) =>
        OfHtml(html.IndexOf("<blockquote", StringComparison.OrdinalIgnoreCase) is >= 0 and int quoted ? html[..quoted] : html);

    /// <summary>Words and lines of HTML.</summary>
    public static string OfHtml(string html)
    {
        using var document = new HtmlParser().ParseDocument(BoundedHtml.Of(html));
        var text = new StringBuilder();
        bool isApart = false;
        foreach (INode node in document.Body is { } body ? body.Descendants() : [])
        {
            if (node is IText words && node.ParentElement is not { NodeName: "STYLE" or "SCRIPT" or "TITLE" })
            {
                string line = string.Join(' ', words.Data.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
                // White space alone parts two words, too, but begins no line and ends none.
                isApart |= words.Data.Length > 0 && char.IsWhiteSpace(words.Data[0]);
                if (line.Length > 0)
                {
                    text.Append(isApart && text.Length > 0 && !char.IsWhiteSpace(text[^1]) ? " " : "").Append(line);
                    isApart = char.IsWhiteSpace(words.Data[^1]);
                }
            }
            else if (node is IElement element && Blocks.Contains(element.NodeName) && text.Length > 0)
            {
                isApart = false;
                if (text[^1] != '\n')
                {
                    text.Append('\n');
                }
            }
        }

        return text.ToString().Trim();
    }
}
