using Posthorn.Core.Messages;

namespace Posthorn.Core.Changes;

/// <summary>What kind of thing changed. Numbers are stored: never change one.</summary>
public enum CollectionKind
{
    /// <summary>The list of mailboxes; ids are mailbox ids.</summary>
    MailboxList = 1,

    /// <summary>The messages of one mailbox; ids are UIDs.</summary>
    Mailbox = 2,

    /// <summary>Annotations of one mailbox, 0: of the server; it has no ids.</summary>
    Annotations = 3,

    /// <summary>The names that are subscribed; it has no ids.</summary>
    Subscriptions = 4,
}

/// <summary>Numbers are stored: never change one.</summary>
public enum ChangeKind
{
    Added = 1,
    Changed = 2,
    Removed = 3,
}

/// <summary>One entry of the change log: a set of ids, however many.</summary>
public sealed record ChangeEntry(ModSeq ModSeq, CollectionKind Kind, long Collection, ChangeKind Change, UidSet Ids);
