using Posthorn.Core.Mailboxes;

namespace Posthorn.Server.Imap.Listing;

/// <summary>The mailboxes and subscriptions of an account, and what of them LIST and LSUB tell. Pure.</summary>
/// <remarks>RFC 9051 §6.3.9.3: one response for a name, in the order of names, INBOX first.</remarks>
internal sealed class MailboxListing
{
    private readonly SortedDictionary<string, Mailbox?> _names = new(Comparer<string>.Create(Compare));
    private readonly HashSet<string> _subscribed;
    private readonly HashSet<string> _parents = [];

    public MailboxListing(IReadOnlyList<Mailbox> mailboxes, IReadOnlyList<string> subscriptions)
    {
        _subscribed = [.. subscriptions];
        foreach (Mailbox mailbox in mailboxes)
        {
            _names[mailbox.Name] = mailbox;
            _parents.UnionWith(MailboxName.Parents(mailbox.Name));
        }
    }

    public IEnumerable<ListedMailbox> List(ListSelection selection, IReadOnlyList<ListPattern> patterns)
    {
        bool isRecursive = selection.HasFlag(ListSelection.RecursiveMatch);
        AddNamesWithoutMailbox(selection);
        HashSet<string> above = [], aboveHidden = [];
        foreach ((string name, Mailbox? mailbox) in _names)
        {
            if (isRecursive && Meets(name, mailbox, selection))
            {
                above.UnionWith(MailboxName.Parents(name));
                if (!Matches(name, patterns))
                {
                    aboveHidden.UnionWith(MailboxName.Parents(name));
                }
            }
        }

        foreach ((string name, Mailbox? mailbox) in _names)
        {
            // RFC 9051 §6.3.9.3: a name that does not meet the selection is told only for the sake of one inside it that is not told itself.
            if ((Meets(name, mailbox, selection) || aboveHidden.Contains(name)) && Matches(name, patterns))
            {
                ListSelection childInfo = above.Contains(name) ? selection & ListSelection.Base : ListSelection.None;
                yield return new ListedMailbox(name, mailbox, _parents.Contains(name), _subscribed.Contains(name), childInfo);
            }
        }
    }

    /// <summary>LSUB: subscribed names, and parents of such as do not match themselves (RFC 3501 §6.3.9), which are not subscribed.</summary>
    public IEnumerable<(string Name, bool IsSubscribed)> Lsub(ListPattern pattern)
    {
        var told = new SortedSet<string>(_names.Comparer);
        foreach (string name in _subscribed)
        {
            if (pattern.Matches(name))
            {
                told.Add(name);
            }
            else
            {
                told.UnionWith(MailboxName.Parents(name).Where(pattern.Matches));
            }
        }

        return told.Select(name => (name, _subscribed.Contains(name)));
    }

    // RFC 9051 §6.3.9.1: subscriptions outlive their mailboxes.
    private void AddNamesWithoutMailbox(ListSelection selection)
    {
        if (!selection.HasFlag(ListSelection.Subscribed))
        {
            return;
        }

        foreach (string name in _subscribed)
        {
            _names.TryAdd(name, null);
            if (selection.HasFlag(ListSelection.RecursiveMatch))
            {
                foreach (string parent in MailboxName.Parents(name))
                {
                    _names.TryAdd(parent, null);
                }
            }
        }
    }

    private bool Meets(string name, Mailbox? mailbox, ListSelection selection) =>
        selection.HasFlag(ListSelection.Subscribed)
            ? _subscribed.Contains(name) && (!selection.HasFlag(ListSelection.SpecialUse) || HasUse(mailbox))
            : mailbox is not null && (!selection.HasFlag(ListSelection.SpecialUse) || HasUse(mailbox));

    private static bool HasUse(Mailbox? mailbox) => mailbox is { Use: not SpecialUse.None };

    private static bool Matches(string name, IReadOnlyList<ListPattern> patterns)
    {
        for (int i = 0; i < patterns.Count; i++)
        {
            if (patterns[i].Matches(name))
            {
                return true;
            }
        }

        return false;
    }

    private static int Compare(string left, string right)
    {
        int byInbox = (right == Mailbox.Inbox).CompareTo(left == Mailbox.Inbox);
        return byInbox != 0 ? byInbox : string.CompareOrdinal(left, right);
    }
}
