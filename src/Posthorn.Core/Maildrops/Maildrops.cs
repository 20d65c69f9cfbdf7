using Posthorn.Core.Access;

namespace Posthorn.Core.Maildrops;

/// <summary>
/// The exclusive lock that POP3 wants on a maildrop (RFC 1939 §3): a lease row, so that it holds on every node and ends by itself when a node dies. It
/// blocks neither delivery nor IMAP.
/// </summary>
public sealed class Maildrops
{
    /// <summary>Takes the lease on the account's inbox; Refusal.InUse while another session holds it.</summary>
    public ValueTask<Result<MaildropLease>> OpenAsync(Actor actor, AccountId account, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>Prolongs the lease; call at least every <see cref="LeaseTime"/> / 2 while the session lives. False: it was lost.</summary>
    public ValueTask<bool> RenewAsync(MaildropLease lease, CancellationToken cancel) => throw new NotImplementedException();

    public ValueTask CloseAsync(MaildropLease lease, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>How long a lease outlives its last renewal.</summary>
    public static readonly TimeSpan LeaseTime = TimeSpan.FromMinutes(2);
}

/// <param name="Messages">The maildrop as it was at the start of the session, in order; message numbers count from 1.</param>
public sealed record MaildropLease(AccountId Account, MailboxId Inbox, Guid Token, IReadOnlyList<MaildropMessage> Messages);

/// <param name="Uidl">16 hexadecimal digits.</param>
public readonly record struct MaildropMessage(uint Uid, long SizeBytes, string Uidl);
