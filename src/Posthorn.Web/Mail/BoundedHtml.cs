using MimeKit.Text;

namespace Posthorn.Web.Mail;

/// <summary>HTML of a message cut down to what the sanitizer's parsers can take: no deep nesting, no style sheets, styles from a short list.</summary>
/// <remarks>
/// Measured with HtmlSanitizer 10.0.1120: 8,000 nested <c>calc(</c> in a style, of an attribute or of a sheet, overflow the stack, which ends the process; other
/// styles make its parser throw; 100,000 nested elements (half a megabyte) take a minute. So a tokenizer that does not recurse goes first. It writes every tag and
/// text anew, encoded: what it left out cannot be in what follows. Styles go on under another name, so that no parser of CSS ever sees them.
/// </remarks>
internal static class BoundedHtml
{
    /// <summary>Characters of HTML that are looked at; what follows is left out.</summary>
    public const int MaxLength = 4 << 20;

    /// <summary>Elements inside one another; paragraphs, and the rows and cells of a table, come on top. Of deeper ones the text stays.</summary>
    public const int MaxDepth = 128;

    /// <summary>Elements in all; a long newsletter has a few thousand. Of more the text stays.</summary>
    public const int MaxElements = 10_000;

    /// <summary>The attribute that carries a checked style past the sanitizer.</summary>
    public const string StyleCarrier = "data-posthorn-style";

    /// <summary>Attributes of one element; more are left out.</summary>
    public const int MaxAttributes = 64;

    public static string Of(string html)
    {
        using var reader = new StringReader(html.Length > MaxLength ? html[..MaxLength] : html);
        using var text = new StringWriter();
        using var writer = new HtmlWriter(text);
        var tokenizer = new HtmlTokenizer(reader);
        var open = new OpenElements();
        int leftOut = 0, elements = 0;
        bool isInSheet = false;
        while (tokenizer.ReadNextToken(out HtmlToken? token))
        {
            if (token is HtmlTagToken { Id: HtmlTagId.Style } sheet)
            {
                isInSheet = !sheet.IsEndTag && !sheet.IsEmptyElement;
            }
            else if (isInSheet)
            {
                continue;
            }
            else if (token is HtmlTagToken tag && IsName(tag.Name))
            {
                string name = tag.Name.ToLowerInvariant();
                bool isCounted = OpenElements.Counts(name);
                if (!tag.IsEndTag)
                {
                    if (elements >= MaxElements || (isCounted && !open.TryOpen(name, MaxDepth)))
                    {
                        leftOut += isCounted ? 1 : 0;
                        continue;
                    }

                    elements++;
                    Write(writer, tag);
                }
                else if (isCounted && leftOut > 0)
                {
                    leftOut--;
                }
                else if (elements < MaxElements || isCounted)
                {
                    open.Close(name);
                    writer.WriteEndTag(tag.Name);
                }
            }
            else if (token is HtmlDataToken { Kind: HtmlTokenKind.Data } data)
            {
                writer.WriteText(data.Data);
            }
        }

        writer.Flush();
        return text.ToString();
    }

    private static void Write(HtmlWriter writer, HtmlTagToken tag)
    {
        if (tag.IsEmptyElement)
        {
            writer.WriteEmptyElementTag(tag.Name);
        }
        else
        {
            writer.WriteStartTag(tag.Name);
        }

        foreach (HtmlAttribute attribute in tag.Attributes.Take(MaxAttributes))
        {
            if (attribute.Id == HtmlAttributeId.Style)
            {
                writer.WriteAttribute(StyleCarrier, StyleDeclarations.Checked(attribute.Value ?? ""));
            }
            else if (IsName(attribute.Name) && !attribute.Name.Equals(StyleCarrier, StringComparison.OrdinalIgnoreCase))
            {
                writer.WriteAttribute(attribute.Name, attribute.Value ?? "");
            }
        }
    }

    // Of what HTML allows in a name, what HTML itself uses: nothing else passes the allow-list that follows. Drawings and formulas do not pass it either, and inside
    // them the parser has other rules: cells nest without a table.
    private static bool IsName(string name) =>
        !name.Equals("svg", StringComparison.OrdinalIgnoreCase) && !name.Equals("math", StringComparison.OrdinalIgnoreCase) && name.Length > 0 && char.IsAsciiLetter(name[0]) && name.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or ':');
}
