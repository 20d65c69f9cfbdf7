using Posthorn.Core;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;

namespace Posthorn.Tests.Server.Imap;

/// <summary>Mailbox views for tests that need no store.</summary>
internal static class Views
{
    public static MailboxSnapshot Of(params IEnumerable<uint> uids) => MailboxSnapshot.From(
        new Mailbox(new MailboxId(1), "INBOX", new UidValidity(1), 1_000, new ModSeq(1), 0, 0, 0, 0, SpecialUse.None, false, []),
        [.. uids.Select(uid => new MessageEntry(uid, MessageFlags.None, new ModSeq(1)))]);
}
