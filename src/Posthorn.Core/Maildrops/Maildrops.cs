using Posthorn.Core.Access;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Maildrops;

/// <summary>
/// The exclusive lock that POP3 wants on a maildrop (RFC 1939 §3): a lease row, so that it holds on every node and ends by itself when a node dies. It
/// blocks neither delivery nor IMAP.
/// </summary>
public sealed class Maildrops
{
    /// <summary>How long a lease outlives its last renewal.</summary>
    public static readonly TimeSpan LeaseTime = TimeSpan.FromMinutes(2);

    private readonly IStore _store;
    private readonly Node _node;
    private readonly TimeProvider _time;

    internal Maildrops(IStore store, Node node, TimeProvider time) => (_store, _node, _time) = (store, node, time);

    /// <summary>Takes the lease on the account's inbox; Refusal.InUse while another session holds it.</summary>
    public async ValueTask<Result<MaildropLease>> OpenAsync(Actor actor, AccountId account, CancellationToken cancel)
    {
        if ((Rights.Check(actor, account, Right.Read) ?? Rights.Check(actor, account, Right.DeleteMessages)) is { } refusal)
        {
            return refusal;
        }

        var token = Guid.CreateVersion7();
        DateTimeOffset now = _time.GetUtcNow();
        return await _store.WriteAsync<Result<MaildropLease>>(
            new[] { account },
            async session =>
            {
                if (await session.Mailboxes.FindAsync(account, Mailbox.Inbox) is not { } inbox)
                {
                    return new Refusal.NotFound("inbox");
                }

                if (!await session.Messages.TakeMaildropAsync(account, token, _node.Name, now, now + LeaseTime))
                {
                    return new Refusal.InUse("The maildrop");
                }

                return new MaildropLease(account, inbox.Id, token, await session.Messages.MaildropAsync(account, inbox.Id));
            },
            cancel);
    }

    /// <summary>Prolongs the lease; call at least every <see cref="LeaseTime"/> / 2 while the session lives. False: it was lost.</summary>
    public ValueTask<bool> RenewAsync(MaildropLease lease, CancellationToken cancel)
    {
        DateTimeOffset until = _time.GetUtcNow() + LeaseTime;
        return _store.WriteAsync(new[] { lease.Account }, session => session.Messages.RenewMaildropAsync(lease.Account, lease.Token, until), cancel);
    }

    public async ValueTask CloseAsync(MaildropLease lease, CancellationToken cancel) => await _store.WriteAsync(
        new[] { lease.Account },
        async session =>
        {
            await session.Messages.LeaveMaildropAsync(lease.Account, lease.Token);
            return Done.Value;
        },
        cancel);
}

/// <param name="Messages">The maildrop as it was at the start of the session, in order; message numbers count from 1.</param>
public sealed record MaildropLease(AccountId Account, MailboxId Inbox, Guid Token, IReadOnlyList<MaildropMessage> Messages);

/// <param name="Uidl">16 hexadecimal digits.</param>
public readonly record struct MaildropMessage(uint Uid, long SizeBytes, string Uidl);
