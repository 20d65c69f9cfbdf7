using System.Globalization;
using Posthorn.Core;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;

namespace Posthorn.Server.Imap;

/// <summary>A response code (RFC 9051 §7.1, RFC 5530 §3), without its brackets.</summary>
internal readonly record struct ResponseCode(string? Text)
{
    public static readonly ResponseCode AlreadyExists = new("ALREADYEXISTS");
    public static readonly ResponseCode AuthenticationFailed = new("AUTHENTICATIONFAILED");

    /// <summary>RFC 9051 §6.4.4: with those that are always known.</summary>
    public static readonly ResponseCode BadCharset = new("BADCHARSET (US-ASCII UTF-8)");

    /// <summary>RFC 5465 §3.1: with those that are told.</summary>
    public static readonly ResponseCode BadEvent = new(
        "BADEVENT (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange MailboxMetadataChange ServerMetadataChange)");
    public static readonly ResponseCode Cannot = new("CANNOT");
    public static readonly ResponseCode ClientBug = new("CLIENTBUG");
    public static readonly ResponseCode Closed = new("CLOSED");
    public static readonly ResponseCode ExpungeIssued = new("EXPUNGEISSUED");
    public static readonly ResponseCode HasChildren = new("HASCHILDREN");
    public static readonly ResponseCode InUse = new("INUSE");
    /// <summary>RFC 4978 §3.</summary>
    public static readonly ResponseCode CompressionActive = new("COMPRESSIONACTIVE");

    public static readonly ResponseCode Limit = new("LIMIT");
    public static readonly ResponseCode Nonexistent = new("NONEXISTENT");

    /// <summary>RFC 5465 §5.8.</summary>
    public static readonly ResponseCode NotificationOverflow = new("NOTIFICATIONOVERFLOW");
    public static readonly ResponseCode NoPermission = new("NOPERM");
    /// <summary>RFC 9208 §4.3.1.</summary>
    public static readonly ResponseCode OverQuota = new("OVERQUOTA");
    public static readonly ResponseCode PrivacyRequired = new("PRIVACYREQUIRED");
    public static readonly ResponseCode ReadOnly = new("READ-ONLY");
    public static readonly ResponseCode ReadWrite = new("READ-WRITE");

    /// <summary>RFC 3516 §4.3.</summary>
    public static readonly ResponseCode UnknownCte = new("UNKNOWN-CTE");
    public static readonly ResponseCode ServerBug = new("SERVERBUG");

    /// <summary>RFC 7889 §4.</summary>
    public static readonly ResponseCode TooBig = new("TOOBIG");
    public static readonly ResponseCode TryCreate = new("TRYCREATE");

    /// <summary>RFC 9586 §3.</summary>
    public static readonly ResponseCode UidRequired = new("UIDREQUIRED");
    public static readonly ResponseCode Unavailable = new("UNAVAILABLE");

    /// <summary>RFC 6154 §6.</summary>
    public static readonly ResponseCode UseAttribute = new("USEATTR");

    public static ResponseCode AppendUid(UidValidity validity, UidSet uids) => new($"APPENDUID {validity} {uids}");

    public static ResponseCode CopyUid(Copied copied) => new($"COPYUID {copied.UidValidity} {copied.Source} {copied.Destination}");

    public static ResponseCode HighestModSeq(ModSeq modSeq) => new(string.Create(CultureInfo.InvariantCulture, $"HIGHESTMODSEQ {modSeq.Value}"));

    public static ResponseCode MailboxId(Mailbox mailbox, AccountId own) => new($"MAILBOXID ({MailboxIdText(mailbox, own)})");

    public static string MailboxIdText(Mailbox mailbox, AccountId own) => $"F{AccountOfIds(mailbox.Account, own)}{mailbox.Id}";

    /// <summary>
    /// What stands before the number of an id. RFC 8474 §8.2: ids of one kind are of one thing, wherever in a login they are met, and each account counts its
    /// own from one.
    /// </summary>
    public static string AccountOfIds(AccountId account, AccountId own) => account == own ? "" : $"{account}_";

    /// <summary>RFC 7162 §3.1.3.</summary>
    public static ResponseCode Modified(string set) => new($"MODIFIED {set}");

    /// <summary>How a refusal of the store reads here; a mailbox that is not there is <paramref name="absent"/>.</summary>
    public static ImapResult Refuse(Refusal refusal, ResponseCode absent) => ImapResult.No(
        refusal switch
        {
            Refusal.Denied => NoPermission,
            Refusal.NotFound => absent,
            Refusal.Expunged => ExpungeIssued,
            Refusal.AlreadyExists => AlreadyExists,
            Refusal.HasChildren => HasChildren,
            Refusal.OverQuota or Refusal.OverMessageQuota => OverQuota,
            Refusal.Limit => Limit,
            Refusal.InUse => InUse,
            _ => Cannot,
        },
        refusal.Text);

    /// <summary>The same of what goes into a mailbox: what room another has is not told.</summary>
    public static ImapResult RefuseFiling(Refusal refusal, Mailbox mailbox, AccountId own) =>
        mailbox.Account != own && refusal is Refusal.OverQuota or Refusal.OverMessageQuota
            ? ImapResult.No(OverQuota, "The owner of the mailbox has no room for it")
            : Refuse(refusal, TryCreate);
}
