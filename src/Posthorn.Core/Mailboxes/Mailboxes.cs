using Posthorn.Core.Access;

namespace Posthorn.Core.Mailboxes;

/// <summary>Operations on the mailboxes of an account. Names are full names in Unicode, levels separated by '/'; INBOX folds its case.</summary>
public sealed class Mailboxes
{
    /// <summary>All of them, by name, INBOX first.</summary>
    public ValueTask<Result<IReadOnlyList<Mailbox>>> ListAsync(Actor actor, AccountId account, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>One by name; Refusal.NotFound where there is none or it is a bare container.</summary>
    public ValueTask<Result<Mailbox>> FindAsync(Actor actor, AccountId account, string name, CancellationToken cancel) => throw new NotImplementedException();

    public ValueTask<Result<Mailbox>> GetAsync(Actor actor, AccountId account, MailboxId mailbox, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>CREATE: missing parents come with it (RFC 9051 §6.3.4). A trailing separator is ignored.</summary>
    public ValueTask<Result<Mailbox>> CreateAsync(Actor actor, AccountId account, string name, SpecialUse use, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>RENAME with all children in one transaction; INBOX: its messages move to the new name (RFC 9051 §6.3.6).</summary>
    public ValueTask<Result<Mailbox>> RenameAsync(Actor actor, AccountId account, string from, string to, CancellationToken cancel) => throw new NotImplementedException();

    public ValueTask<Result<Done>> DeleteAsync(Actor actor, AccountId account, string name, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>Subscriptions are names and outlive their mailbox (RFC 9051 §6.3.7).</summary>
    public ValueTask<Result<Done>> SubscribeAsync(Actor actor, AccountId account, string name, bool subscribed, CancellationToken cancel) => throw new NotImplementedException();

    public ValueTask<Result<IReadOnlyList<string>>> SubscriptionsAsync(Actor actor, AccountId account, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>Opens a mailbox for a session: the snapshot of now, brought up from the change log later.</summary>
    public ValueTask<Result<MailboxSnapshot>> SnapshotAsync(Actor actor, AccountId account, MailboxId mailbox, CancellationToken cancel) => throw new NotImplementedException();
}
