using Posthorn.Core;
using Posthorn.Core.Mailboxes;
using Posthorn.Server.Imap.Listing;

namespace Posthorn.Server.Imap.Notifying;

/// <summary>The mailboxes and subscriptions of an account at one moment. Immutable.</summary>
internal sealed class AccountView
{
    private readonly Dictionary<MailboxId, Mailbox> _byId = [];
    private readonly Dictionary<string, Mailbox> _byName = [];
    private readonly HashSet<string> _parents = [];

    public AccountView(IReadOnlyList<Mailbox> mailboxes, IReadOnlyList<string> subscriptions)
    {
        (Mailboxes, Subscriptions) = (mailboxes, subscriptions.ToHashSet());
        foreach (Mailbox mailbox in mailboxes)
        {
            _byId[mailbox.Id] = mailbox;
            _byName[mailbox.Name] = mailbox;
            _parents.UnionWith(MailboxName.Parents(mailbox.Name));
        }
    }

    /// <summary>In the order of LIST.</summary>
    public IReadOnlyList<Mailbox> Mailboxes { get; }

    public IReadOnlySet<string> Subscriptions { get; }

    public static async ValueTask<Result<AccountView>> ReadAsync(ImapSession session, CancellationToken cancel)
    {
        Mailboxes store = session.Services.Mailboxes;
        Result<IReadOnlyList<Mailbox>> all = await store.ListAsync(session.Actor!, session.Account!.Id, cancel);
        Result<IReadOnlyList<string>> subscribed = await store.SubscriptionsAsync(session.Actor!, session.Account.Id, cancel);
        if (!all.TryGet(out IReadOnlyList<Mailbox>? mailboxes, out Refusal? refusal) || !subscribed.TryGet(out IReadOnlyList<string>? names, out refusal))
        {
            return refusal;
        }

        return new AccountView(mailboxes, names);
    }

    public Mailbox? Find(MailboxId id) => _byId.GetValueOrDefault(id);

    public Mailbox? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>What LIST says of a name, whether there is such a mailbox or not.</summary>
    public ListedMailbox Listed(string name, string? oldName) =>
        new(name, Find(name), _parents.Contains(name), Subscriptions.Contains(name), ListSelection.None) { OldName = oldName };

    /// <summary>Names of which something is to be said, each once.</summary>
    /// <remarks>RFC 5465 §5.4: with a mailbox that came or went its parent is affected; what lies inside a renamed one is not told.</remarks>
    public static IEnumerable<NameEvent> Compare(AccountView before, AccountView now)
    {
        var events = new Dictionary<string, NameEvent>();
        foreach (Mailbox gone in before.Mailboxes.Where(mailbox => now.Find(mailbox.Id) is null))
        {
            Affect(events, gone.Id, gone.Name, now, null);
        }

        foreach (Mailbox mailbox in now.Mailboxes)
        {
            Mailbox? known = before.Find(mailbox.Id);
            if (known is null || known.IsContainer != mailbox.IsContainer)
            {
                Affect(events, mailbox.Id, mailbox.Name, now, null);
            }
            else if (known.Name != mailbox.Name && !IsCarried(known.Name, mailbox.Name, before, now))
            {
                events[mailbox.Name] = new NameEvent(mailbox.Id, mailbox.Name, known.Name, NotifyEvents.MailboxName, true);
            }
        }

        foreach (string name in now.Subscriptions.Except(before.Subscriptions).Concat(before.Subscriptions.Except(now.Subscriptions)))
        {
            events[name] = events.TryGetValue(name, out NameEvent named)
                ? named with { Events = named.Events | NotifyEvents.SubscriptionChange, IsSubscribed = now.Subscriptions.Contains(name) }
                : new NameEvent(now.Find(name)?.Id ?? default, name, null, NotifyEvents.SubscriptionChange, now.Find(name) is not null, now.Subscriptions.Contains(name));
        }

        return events.Values;
    }

    private static void Affect(Dictionary<string, NameEvent> events, MailboxId id, string name, AccountView now, string? cause)
    {
        if (!events.ContainsKey(name))
        {
            Mailbox? there = now.Find(name);
            events[name] = new NameEvent(there?.Id ?? id, name, null, NotifyEvents.MailboxName, there is not null) { Cause = cause };
        }

        if (cause is null && MailboxName.Parents(name).LastOrDefault() is { } parent)
        {
            Affect(events, now.Find(parent)?.Id ?? default, parent, now, name);
        }
    }

    // The name changed with the name of a mailbox above it.
    private static bool IsCarried(string old, string name, AccountView before, AccountView now) => MailboxName.Parents(name).Any(parent =>
        now.Find(parent) is { } above && before.Find(above.Id) is { } was && was.Name != above.Name
        && old == string.Concat(was.Name, name.AsSpan(above.Name.Length)));
}

/// <summary>Something to be said of a name.</summary>
/// <param name="Id">Of the mailbox that has it, or had it; 0: of a name alone.</param>
/// <param name="OldName">It was renamed from this.</param>
/// <param name="Exists">There is such a mailbox now.</param>
/// <param name="IsSubscribed">Where the subscription changed: what it is now.</param>
internal readonly record struct NameEvent(MailboxId Id, string Name, string? OldName, NotifyEvents Events, bool Exists, bool IsSubscribed = false)
{
    /// <summary>It is told for the sake of this mailbox inside it; null: for its own.</summary>
    public string? Cause { get; init; }
}
