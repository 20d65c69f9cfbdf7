namespace Posthorn.Web.Mail;

/// <summary>The elements that an HTML parser has open after the tags so far, or more than those: their number bounds the depth of what it builds.</summary>
/// <remarks>
/// HTML, §13.2.6.4.7 ("in body"). An element is taken off only where the parser closes it for certain; one that the parser closes by a rule left out here stays and counts
/// until its end tag comes. Bad HTML so loses elements early, and never nests deeper.
/// </remarks>
internal sealed class OpenElements
{
    // Without content.
    private static readonly HashSet<string> Void =
        ["area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "image", "img", "input", "keygen", "link", "meta", "param", "source", "track", "wbr"];

    // Their end tags are commonly left out, and the parser lets none into its like but through another element: a paragraph closes the one before, rows and cells are nothing
    // outside a table, and there is one html, head and body.
    private static readonly HashSet<string> Uncounted = ["p", "html", "head", "body", "tbody", "thead", "tfoot", "tr", "td", "th"];

    // "has an element in scope": an end tag does not reach beyond these.
    private static readonly HashSet<string> Scopes = ["applet", "caption", "marquee", "object", "select", "table", "template"];

    // "the adoption agency algorithm": their end tags reach beyond blocks.
    private static readonly HashSet<string> Formatting = ["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"];

    // "special": the end tag of any other element does not reach beyond these; their own do.
    private static readonly HashSet<string> Blocks =
    [
        .. Scopes, "address", "article", "aside", "blockquote", "button", "center", "dd", "details", "dir", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form",
        "header", "hgroup", "li", "listing", "main", "menu", "nav", "ol", "pre", "section", "summary", "ul",
        "colgroup", "frameset", "h1", "h2", "h3", "h4", "h5", "h6", "iframe", "noembed", "noframes", "noscript", "plaintext", "script", "textarea", "title", "xmp",
    ];

    private readonly List<string> _open = [];

    /// <summary>Elements of that name, in lower case, count.</summary>
    public static bool Counts(string name) => !Void.Contains(name) && !Uncounted.Contains(name);

    /// <summary>A start tag; false, and nothing has changed, where that many elements are open.</summary>
    // "/" at the end of a start tag means nothing in HTML: <div/> is open.
    public bool TryOpen(string name, int most)
    {
        int closed = ClosedBy(name);
        if (_open.Count - (closed < 0 ? 0 : 1) >= most)
        {
            return false;
        }

        if (closed >= 0)
        {
            _open.RemoveAt(closed);
        }

        _open.Add(name);
        return true;
    }

    /// <summary>An end tag. What stands above the element stays: it may be open still, or open again (formatting).</summary>
    public void Close(string name)
    {
        HashSet<string> limits = Blocks.Contains(name) || Formatting.Contains(name) ? Scopes : Blocks;
        for (int at = _open.Count - 1; at >= 0; at--)
        {
            if (_open[at] == name)
            {
                _open.RemoveAt(at);
                return;
            }

            if (limits.Contains(_open[at]))
            {
                return;
            }
        }
    }

    /// <summary>Where the item is whose end tag was left out; -1: nowhere.</summary>
    private int ClosedBy(string name)
    {
        for (int at = name is "li" or "dd" or "dt" ? _open.Count - 1 : -1; at >= 0; at--)
        {
            if (name == "li" ? _open[at] == "li" : _open[at] is "dd" or "dt")
            {
                return at;
            }

            if (Blocks.Contains(_open[at]) && _open[at] is not ("address" or "div"))
            {
                return -1;
            }
        }

        return -1;
    }
}
