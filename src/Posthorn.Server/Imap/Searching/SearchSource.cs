using Posthorn.Core;
using Posthorn.Core.Mailboxes;

namespace Posthorn.Server.Imap.Searching;

/// <summary>filter-mailboxes: which mailboxes ESEARCH goes through.</summary>
/// <remarks>RFC 7377 §2.2, RFC 5465 §6.</remarks>
/// <param name="Names">Of subtree, subtree-one and mailboxes.</param>
internal sealed record SearchSource(SearchSourceKind Kind, IReadOnlyList<string> Names)
{
    public static readonly IReadOnlyList<SearchSource> Default = [new(SearchSourceKind.Selected, [])];

    /// <summary>Sources and names of one command.</summary>
    private const int Most = 1_000;

    // esearch-source-opts = "IN" SP "(" source-mbox [SP "(" scope-options ")"] ")"     RFC 7377 §4
    public static IReadOnlyList<SearchSource> ReadAll(ref ImapReader reader)
    {
        var sources = new List<SearchSource>();
        reader.Expect((byte)'(');
        do
        {
            SearchSourceKind kind = ReadKind(ref reader);
            sources.Add(new SearchSource(kind, kind >= SearchSourceKind.Subtree ? ReadNames(ref reader) : []));
        }
        while (reader.TrySpace() && sources.Count < Most);
        reader.Expect((byte)')');
        return sources;
    }

    /// <param name="selected">Null: none is.</param>
    public bool Holds(Mailbox mailbox, IReadOnlySet<string> subscriptions, MailboxId? selected) => Holds(mailbox.Id, mailbox.Name, subscriptions, selected);

    /// <inheritdoc cref="Holds(Mailbox, IReadOnlySet{string}, MailboxId?)"/>
    public bool Holds(MailboxId id, string mailbox, IReadOnlySet<string> subscriptions, MailboxId? selected) => Kind switch
    {
        SearchSourceKind.Selected => id == selected,
        SearchSourceKind.Personal => true,
        SearchSourceKind.Subscribed => subscriptions.Contains(mailbox),
        SearchSourceKind.Mailboxes => Names.Contains(mailbox),
        SearchSourceKind.Subtree => Names.Any(name => mailbox == name || MailboxName.IsInside(mailbox, name)),
        _ => Names.Any(name => mailbox == name || (MailboxName.IsInside(mailbox, name) && mailbox.IndexOf(Mailbox.Separator, name.Length + 1) < 0)),
    };

    private static SearchSourceKind ReadKind(ref ImapReader reader) =>
        reader.TryKeyword("selected"u8) ? SearchSourceKind.Selected
        // RFC 5465 §6.3: rules of the account may file mail anywhere, so its inboxes are all of its mailboxes.
        : reader.TryKeyword("personal"u8) || reader.TryKeyword("inboxes"u8) ? SearchSourceKind.Personal
        : reader.TryKeyword("subscribed"u8) ? SearchSourceKind.Subscribed
        : reader.TryKeyword("subtree-one"u8) ? SearchSourceKind.SubtreeOne
        : reader.TryKeyword("subtree"u8) ? SearchSourceKind.Subtree
        : reader.TryKeyword("mailboxes"u8) ? SearchSourceKind.Mailboxes
        : throw new ImapSyntaxException("That is no source of ESEARCH.");

    // one-or-more-mailbox = mailbox / many-mailboxes;  many-mailboxes = "(" mailbox *(SP mailbox) ")"     RFC 5465 §8
    private static List<string> ReadNames(ref ImapReader reader)
    {
        reader.Space();
        if (!reader.TryRead((byte)'('))
        {
            return [MailboxName.Normalize(reader.Mailbox())];
        }

        var names = new List<string>();
        do
        {
            names.Add(MailboxName.Normalize(reader.Mailbox()));
        }
        while (reader.TrySpace() && names.Count < Most);
        reader.Expect((byte)')');
        return names;
    }
}

/// <summary>From <see cref="Subtree"/> on names follow.</summary>
internal enum SearchSourceKind
{
    Selected,
    Personal,
    Subscribed,
    Subtree,
    SubtreeOne,
    Mailboxes,
}
