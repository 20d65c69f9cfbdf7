using Posthorn.Core.Mailboxes;

namespace Posthorn.Server.Imap.Notifying;

/// <summary>What a session changed itself since it was last told: its client knows (RFC 5465 §5).</summary>
/// <remarks>Names of the outcome, not of the command: where another session undid it in the same moment, the client is told.</remarks>
internal sealed class OwnChanges
{
    private readonly Dictionary<string, bool> _exists = [];
    private readonly Dictionary<string, bool> _subscribed = [];
    private readonly Dictionary<(string Mailbox, string Entry), byte[]?> _annotations = [];

    public void Created(string name)
    {
        string normal = MailboxName.Normalize(name);
        foreach (string made in MailboxName.Parents(normal).Append(normal))
        {
            _exists[made] = true;
        }
    }

    public void Deleted(string name) => _exists[MailboxName.Normalize(name)] = false;

    public void Renamed(string from, string to)
    {
        Created(to);
        Deleted(from);
    }

    public void Subscribed(string name, bool isSubscribed) => _subscribed[MailboxName.Normalize(name)] = isSubscribed;

    public void Annotated(string mailbox, IEnumerable<Annotation> entries)
    {
        foreach (Annotation entry in entries)
        {
            _annotations[(MailboxName.Normalize(mailbox), entry.Entry)] = entry.Value;
        }
    }

    public bool Explains(NameEvent named)
    {
        string cause = named.Cause ?? named.Name;
        bool bySubscription = !named.Events.HasFlag(NotifyEvents.SubscriptionChange)
            || (_subscribed.TryGetValue(named.Name, out bool isSubscribed) && isSubscribed == named.IsSubscribed);
        bool byName = !named.Events.HasFlag(NotifyEvents.MailboxName) || (_exists.TryGetValue(cause, out bool exists) && (named.Cause is not null || exists == named.Exists));
        return bySubscription && byName;
    }

    public bool Explains(string mailbox, Annotation annotation) =>
        _annotations.TryGetValue((mailbox, annotation.Entry), out byte[]? value)
        && (value is null) == (annotation.Value is null) && (value is null || value.AsSpan().SequenceEqual(annotation.Value));

    public void Clear()
    {
        _exists.Clear();
        _subscribed.Clear();
        _annotations.Clear();
    }
}
