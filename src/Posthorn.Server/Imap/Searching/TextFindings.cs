using Posthorn.Core.Search;

namespace Posthorn.Server.Imap.Searching;

/// <summary>Which texts were found in a message so far, while its header and then its body are read.</summary>
/// <param name="needles">Folded, none of them empty.</param>
internal sealed class TextFindings(IReadOnlyList<string> needles)
{
    private readonly bool[] _inHeader = new bool[needles.Count];
    private readonly bool[] _inBody = new bool[needles.Count];
    private bool _headerIsRead;
    private bool _bodyIsRead;

    /// <summary>Null: not known yet.</summary>
    public bool? InHeader(int needle) => _inHeader[needle] ? true : _headerIsRead ? false : null;

    /// <summary>Null: not known yet.</summary>
    public bool? InBody(int needle) => _inBody[needle] ? true : _bodyIsRead ? false : null;

    /// <summary>Whether a text was found there for the first time.</summary>
    public bool LookInHeader(string text) => Look(text, _inHeader);

    /// <summary>Whether a text was found there for the first time.</summary>
    public bool LookInBody(string text) => Look(text, _inBody);

    public void EndHeader() => _headerIsRead = true;

    public void EndBody() => _bodyIsRead = true;

    private bool Look(string text, bool[] found)
    {
        string folded = SearchText.Fold(text);
        bool isNew = false;
        for (int i = 0; i < found.Length; i++)
        {
            if (!found[i] && folded.Contains(needles[i], StringComparison.Ordinal))
            {
                found[i] = isNew = true;
            }
        }

        return isNew;
    }
}
