using Posthorn.Core.Messages;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Access;

/// <summary>Who works in a mailbox: its owner (the default value), or a guest with the rights that were given. A guest's \Seen is the guest's own.</summary>
internal readonly struct Visitor
{
    private readonly RightSet _rights;
    private readonly Actor? _actor;

    private Visitor(Actor actor) => _actor = actor;

    private Visitor(Actor actor, RightSet rights) => (_actor, Id, _rights, IsGuest) = (actor, actor.Principal, rights, true);

    public bool IsGuest { get; }

    /// <summary>Of a guest.</summary>
    public AccountId Id { get; }

    public RightSet Rights => IsGuest ? _rights : RightSet.All;

    /// <summary>Flags that the visitor may set and clear.</summary>
    public MessageFlags Changeable => Rights.ChangeableFlags;

    /// <summary>Those of <see cref="Changeable"/> that lie on the message; a guest's \Seen lies beside it.</summary>
    public MessageFlags Shared => IsGuest ? Changeable & ~MessageFlags.Seen : ~MessageFlags.None;

    public static ValueTask<Visitor> OfAsync(IReadSession session, Actor actor, AccountId account, MailboxId mailbox) =>
        OfAsync(session.Directory, session.Mailboxes, actor, account, mailbox);

    public static ValueTask<Visitor> OfAsync(IWriteSession session, Actor actor, AccountId account, MailboxId mailbox) =>
        OfAsync(session.Directory, session.Mailboxes, actor, account, mailbox);

    private static async ValueTask<Visitor> OfAsync(IReadDirectory directory, IReadMailboxes mailboxes, Actor actor, AccountId account, MailboxId mailbox) =>
        Access.Rights.IsOwn(actor, account) ? new Visitor(actor) : new Visitor(actor, await Access.Rights.OfAsync(directory, mailboxes, actor, account, mailbox));

    /// <summary>Null when allowed. To who may not even see the mailbox it does not exist (RFC 4314 §6).</summary>
    public Refusal? ObjectTo(Right right) =>
        _actor is not null && Access.Rights.IsBeyondScope(_actor, right) ? new Refusal.Denied(right)
        : Rights.Has(right) ? null : Rights.Has(Right.Lookup) ? new Refusal.Denied(right) : new Refusal.NotFound("such mailbox");
}
