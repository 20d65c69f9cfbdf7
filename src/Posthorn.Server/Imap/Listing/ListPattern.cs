using Posthorn.Core.Mailboxes;

namespace Posthorn.Server.Imap.Listing;

/// <summary>A canonical LIST pattern: the reference and the pattern as one.</summary>
/// <remarks>RFC 9051 §6.3.9: <c>*</c> is any text, <c>%</c> any text within one level.</remarks>
internal sealed class ListPattern
{
    /// <summary>Characters of all patterns of one command together: what matching costs for one mailbox grows with them.</summary>
    public const int MaxCharacters = 2_000;

    private const char Any = '*';
    private const char AnyInLevel = '%';

    private readonly string _text;
    private readonly bool _isLiteral;

    // RFC 9051 §6.3.9: how a reference is interpreted is the server's choice; here it is put before the pattern, as it stands.
    public ListPattern(string reference, string pattern)
    {
        string text = reference + pattern;
        _text = text.IsNormalized() ? text : text.Normalize();
        _isLiteral = _text.AsSpan().IndexOfAny(Any, AnyInLevel) < 0;
    }

    public override string ToString() => _text;

    public bool Matches(string name)
    {
        if (name.Length > MailboxName.MaxBytes || (_isLiteral && name.Length != _text.Length))
        {
            return false;
        }

        // reached[i]: the pattern, as far as it was read, is the first i characters of the name.
        Span<bool> reached = stackalloc bool[name.Length + 1];
        reached.Clear();
        reached[0] = true;
        int folded = FoldedLength(name);
        foreach (char c in _text)
        {
            bool isAlive = c is Any or AnyInLevel ? Widen(reached, name, c) : Step(reached, name, c, folded);
            if (!isAlive)
            {
                return false;
            }
        }

        return reached[^1];
    }

    private static bool Widen(Span<bool> reached, string name, char wildcard)
    {
        for (int i = 1; i < reached.Length; i++)
        {
            reached[i] |= reached[i - 1] && (wildcard == Any || name[i - 1] != Mailbox.Separator);
        }

        return true;
    }

    private static bool Step(Span<bool> reached, string name, char c, int folded)
    {
        bool isAlive = false;
        for (int i = reached.Length - 1; i > 0; i--)
        {
            reached[i] = reached[i - 1] && (name[i - 1] == c || (i <= folded && char.ToUpperInvariant(c) == name[i - 1]));
            isAlive |= reached[i];
        }

        reached[0] = false;
        return isAlive;
    }

    // RFC 9051 §5.1: INBOX is the same in any case, as a name and as the first level of a name.
    private static int FoldedLength(string name) =>
        name == Mailbox.Inbox || MailboxName.IsInside(name, Mailbox.Inbox) ? Mailbox.Inbox.Length : 0;
}
