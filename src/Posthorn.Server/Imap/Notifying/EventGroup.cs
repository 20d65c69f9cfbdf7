using Posthorn.Core;
using Posthorn.Core.Mailboxes;
using Posthorn.Server.Imap.Fetching;
using Posthorn.Server.Imap.Searching;

namespace Posthorn.Server.Imap.Notifying;

/// <summary>Some mailboxes, and the events of them that the client wants to hear of.</summary>
/// <remarks>RFC 5465 §6, §8.</remarks>
/// <param name="Filter">Null: the selected mailbox, whichever that is.</param>
/// <param name="IsDelayed">Of the selected mailbox: expunges wait for a command that may tell them.</param>
/// <param name="Fetch">What is told of new messages of the selected mailbox; null: nothing beyond their number.</param>
/// <param name="IsKnown">False: an event was asked for that is not told here.</param>
internal sealed record EventGroup(SearchSource? Filter, bool IsDelayed, NotifyEvents Events, FetchRequest? Fetch, bool IsKnown)
{
    /// <summary>Names of one group.</summary>
    private const int MaxNames = 1_000;

    /// <summary>Whether a mailbox, or a name that has none, is among them.</summary>
    public bool Holds(MailboxId id, string name, IReadOnlySet<string> subscriptions) => Filter is { } filter && filter.Holds(id, name, subscriptions, null);

    // event-group = "(" filter-mailboxes SP events ")"     RFC 5465 §8
    public static EventGroup Read(ref ImapReader reader)
    {
        reader.Expect((byte)'(');
        bool isDelayed = reader.TryKeyword("selected-delayed"u8);
        SearchSource? filter = isDelayed || reader.TryKeyword("selected"u8) ? null : ReadFilter(ref reader);
        reader.Space();
        (NotifyEvents events, FetchRequest? fetch, bool isKnown, bool needsMessages) = ReadEvents(ref reader, filter is null);
        reader.Expect((byte)')');
        NotifyEvents both = NotifyEvents.MessageNew | NotifyEvents.MessageExpunge, messages = events & both;

        // RFC 5465 §5: neither of both without the other, and the rest of them not without both.
        return (messages != both && messages != 0) || (messages == 0 && needsMessages)
            ? throw new ImapSyntaxException("MessageNew, MessageExpunge and what builds on them go together.")
            : new EventGroup(filter, isDelayed, events, fetch, isKnown);
    }

    // filter-mailboxes-other = "inboxes" / "personal" / "subscribed" / ("subtree" / "mailboxes") SP one-or-more-mailbox
    private static SearchSource ReadFilter(ref ImapReader reader)
    {
        // RFC 5465 §6.3: rules of the account may file mail anywhere, so its inboxes are all of its mailboxes.
        SearchSourceKind kind = reader.TryKeyword("personal"u8) || reader.TryKeyword("inboxes"u8) ? SearchSourceKind.Personal
            : reader.TryKeyword("subscribed"u8) ? SearchSourceKind.Subscribed
            : reader.TryKeyword("subtree"u8) ? SearchSourceKind.Subtree
            : reader.TryKeyword("mailboxes"u8) ? SearchSourceKind.Mailboxes
            : throw new ImapSyntaxException("That is no set of mailboxes.");
        return new SearchSource(kind, kind >= SearchSourceKind.Subtree ? ReadNames(ref reader) : []);
    }

    // one-or-more-mailbox = mailbox / "(" mailbox *(SP mailbox) ")"
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
            names.Add(names.Count == MaxNames ? throw new ImapSyntaxException("There are too many names.") : MailboxName.Normalize(reader.Mailbox()));
        }
        while (reader.TrySpace());
        reader.Expect((byte)')');
        return names;
    }

    // events = ("(" event *(SP event) ")") / "NONE"
    private static (NotifyEvents Events, FetchRequest? Fetch, bool IsKnown, bool NeedsMessages) ReadEvents(ref ImapReader reader, bool isSelected)
    {
        if (reader.TryKeyword("NONE"u8))
        {
            return (NotifyEvents.None, null, true, false);
        }

        // The examples of RFC 5465 §3.1 leave the parentheses out.
        bool isList = reader.TryRead((byte)'(');
        NotifyEvents events = NotifyEvents.None;
        FetchRequest? fetch = null;
        bool isKnown = true, needsMessages = false;
        do
        {
            NotifyEvents one = ReadEvent(ref reader, out bool isAnnotation);
            if (isSelected && (one & ~NotifyEvents.OfMessages) != 0)
            {
                throw new ImapSyntaxException("The selected mailbox is watched for events of messages alone.");
            }

            if (one == NotifyEvents.MessageNew && reader.Rest.StartsWith(" ("u8))
            {
                reader.Space();
                fetch = isSelected ? ReadFetch(ref reader) : throw new ImapSyntaxException("What new messages hold is told of the selected mailbox alone.");
            }

            isKnown &= one != NotifyEvents.None;
            needsMessages |= isAnnotation || one == NotifyEvents.FlagChange;
            events |= one;
        }
        while (reader.TrySpace());
        if (isList)
        {
            reader.Expect((byte)')');
        }

        return (events, fetch, isKnown, needsMessages);
    }

    // None: an event that is not told here, or that nobody knows.
    private static NotifyEvents ReadEvent(ref ImapReader reader, out bool isAnnotation)
    {
        isAnnotation = reader.TryKeyword("AnnotationChange"u8);
        NotifyEvents read = isAnnotation ? NotifyEvents.None
            : reader.TryKeyword("MessageNew"u8) ? NotifyEvents.MessageNew
            : reader.TryKeyword("MessageExpunge"u8) ? NotifyEvents.MessageExpunge
            : reader.TryKeyword("FlagChange"u8) ? NotifyEvents.FlagChange
            : reader.TryKeyword("MailboxName"u8) ? NotifyEvents.MailboxName
            : reader.TryKeyword("SubscriptionChange"u8) ? NotifyEvents.SubscriptionChange
            : reader.TryKeyword("MailboxMetadataChange"u8) ? NotifyEvents.MailboxMetadataChange
            : reader.TryKeyword("ServerMetadataChange"u8) ? NotifyEvents.ServerMetadataChange
            : NotifyEvents.None;
        if (read == NotifyEvents.None && !isAnnotation)
        {
            reader.Atom();
        }

        return read;
    }

    /// <summary>Told without being asked for each time, so it is never what reads a message.</summary>
    public static FetchRequest ReadFetch(ref ImapReader reader)
    {
        FetchRequest request = FetchGrammar.Read(ref reader);
        return request with { Sections = [.. request.Sections.Select(section => section with { SetsSeen = false })] };
    }
}
