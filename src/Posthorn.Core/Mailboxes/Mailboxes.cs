using Posthorn.Core.Access;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Mailboxes;

/// <summary>Operations on the mailboxes of an account. Names are full names in Unicode, levels separated by '/'; INBOX folds its case.</summary>
public sealed class Mailboxes
{
    private readonly IStore _store;
    private readonly StoreOptions _options;
    private readonly SnapshotCache _snapshots;
    private readonly TimeProvider _time;

    internal Mailboxes(IStore store, StoreOptions options, TimeProvider time)
    {
        (_store, _options, _time) = (store, options, time);
        _snapshots = new SnapshotCache(store);
    }

    /// <summary>All of them, by name, INBOX first.</summary>
    public async ValueTask<Result<IReadOnlyList<Mailbox>>> ListAsync(Actor actor, AccountId account, CancellationToken cancel)
    {
        if (Rights.Check(actor, account, Right.Lookup) is { } refusal)
        {
            return refusal;
        }

        IReadOnlyList<Mailbox> all = await _store.ReadAsync(account, session => session.Mailboxes.ListAsync(account), cancel);
        return new List<Mailbox>(all.OrderByDescending(mailbox => mailbox.Name == Mailbox.Inbox).ThenBy(mailbox => mailbox.Name, StringComparer.Ordinal));
    }

    /// <summary>One by name; Refusal.NotFound where there is none or it is a bare container.</summary>
    public async ValueTask<Result<Mailbox>> FindAsync(Actor actor, AccountId account, string name, CancellationToken cancel)
    {
        if (Rights.Check(actor, account, Right.Lookup) is { } refusal)
        {
            return refusal;
        }

        string normal = MailboxName.Normalize(name);
        return await _store.ReadAsync(account, session => session.Mailboxes.FindAsync(account, normal), cancel) is { IsContainer: false } mailbox
            ? mailbox
            : new Refusal.NotFound("such mailbox");
    }

    public async ValueTask<Result<Mailbox>> GetAsync(Actor actor, AccountId account, MailboxId mailbox, CancellationToken cancel)
    {
        if (Rights.Check(actor, account, Right.Lookup) is { } refusal)
        {
            return refusal;
        }

        return await _store.ReadAsync(account, session => session.Mailboxes.GetAsync(account, mailbox), cancel) is { } found
            ? found
            : new Refusal.NotFound("such mailbox");
    }

    /// <summary>CREATE: missing parents come with it (RFC 9051 §6.3.4). A trailing separator is ignored.</summary>
    public ValueTask<Result<Mailbox>> CreateAsync(Actor actor, AccountId account, string name, SpecialUse use, CancellationToken cancel) =>
        ChangeAsync(actor, account, Right.CreateMailbox, session => MailboxTree.CreateAsync(
            session, account, MailboxName.Normalize(name), use, _options.MaxMailboxes), cancel);

    /// <summary>RENAME with all children in one transaction; INBOX: its messages move to the new name (RFC 9051 §6.3.6).</summary>
    public ValueTask<Result<Mailbox>> RenameAsync(Actor actor, AccountId account, string from, string to, CancellationToken cancel)
    {
        DateTimeOffset now = _time.GetUtcNow();
        return ChangeAsync(
            actor, account, Right.CreateMailbox,
            session => MailboxTree.RenameAsync(session, account, MailboxName.Normalize(from), MailboxName.Normalize(to), _options.MaxMailboxes, now), cancel);
    }

    /// <summary>DELETE with the messages; refused while there are children (RFC 9051 §6.3.5).</summary>
    public ValueTask<Result<Done>> DeleteAsync(Actor actor, AccountId account, string name, CancellationToken cancel) =>
        ChangeAsync(actor, account, Right.DeleteMailbox, session => MailboxTree.DeleteAsync(session, account, MailboxName.Normalize(name)), cancel);

    /// <summary>Subscriptions are names and outlive their mailbox (RFC 9051 §6.3.7).</summary>
    public ValueTask<Result<Done>> SubscribeAsync(Actor actor, AccountId account, string name, bool subscribed, CancellationToken cancel) =>
        ChangeAsync<Done>(
            actor, account, Right.Lookup,
            async session =>
            {
                string normal = MailboxName.Normalize(name);
                if (subscribed && MailboxName.Objection(normal) is { } objection)
                {
                    return new Refusal.Invalid(objection);
                }

                await session.Mailboxes.SubscribeAsync(account, normal, subscribed);
                return Done.Value;
            },
            cancel);

    public async ValueTask<Result<IReadOnlyList<string>>> SubscriptionsAsync(Actor actor, AccountId account, CancellationToken cancel)
    {
        if (Rights.Check(actor, account, Right.Lookup) is { } refusal)
        {
            return refusal;
        }

        return new Result<IReadOnlyList<string>>(await _store.ReadAsync(account, session => session.Mailboxes.SubscriptionsAsync(account), cancel));
    }

    /// <summary>Opens a mailbox for a session: the snapshot of now, brought up from the change log later.</summary>
    public async ValueTask<Result<MailboxSnapshot>> SnapshotAsync(Actor actor, AccountId account, MailboxId mailbox, CancellationToken cancel)
    {
        if (Rights.Check(actor, account, Right.Read) is { } refusal)
        {
            return refusal;
        }

        return await _snapshots.GetAsync(account, mailbox, cancel) is { } snapshot ? snapshot : new Refusal.NotFound("such mailbox");
    }

    private async ValueTask<Result<T>> ChangeAsync<T>(
        Actor actor, AccountId account, Right right, Func<IWriteSession, ValueTask<Result<T>>> change, CancellationToken cancel)
    {
        if (Rights.Check(actor, account, right) is { } refusal)
        {
            return refusal;
        }

        return await _store.WriteAsync(new[] { account }, change, cancel);
    }
}
