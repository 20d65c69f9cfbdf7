using Posthorn.Core;
using Posthorn.Core.Mailboxes;
using Posthorn.Server.Imap.Listing;

namespace Posthorn.Server.Imap.Commands;

/// <summary>CREATE: makes a mailbox, and the parents that are missing.</summary>
/// <remarks>RFC 9051 §6.3.4; USE: RFC 6154 §3; MAILBOXID: RFC 8474 §4.1.</remarks>
/// <param name="Use">Null: a use, or several at once, that no mailbox can have here.</param>
internal sealed record Create(string Mailbox, SpecialUse? Use) : IImapCommand<Create>
{
    // create = "CREATE" SP mailbox [SP "(" create-param *(SP create-param) ")"]     RFC 9051 §9, RFC 4466 §6
    public static Create Parse(ref ImapReader reader)
    {
        reader.Space();
        string mailbox = reader.Mailbox();
        SpecialUse? use = SpecialUse.None;
        if (reader.TrySpace())
        {
            reader.Expect((byte)'(');
            reader.Keyword("USE"u8);
            reader.Space();
            use = ReadUse(ref reader);
            reader.Expect((byte)')');
        }

        return new Create(mailbox, use);
    }

    public async ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel)
    {
        if (Use is not { } use)
        {
            return ImapResult.No(ResponseCode.UseAttribute, "A mailbox here has one of the uses \\Archive, \\Drafts, \\Junk, \\Sent and \\Trash");
        }

        Mailboxes mailboxes = session.Services.Mailboxes;
        if (!(await mailboxes.PlaceAsync(session.Actor!, Mailbox, cancel)).TryGet(out MailboxPlace? place, out Refusal? refusal))
        {
            return ResponseCode.Refuse(refusal, ResponseCode.Nonexistent);
        }

        Result<Mailbox> made = await mailboxes.CreateAsync(session.Actor!, place.Account, place.Name, use, cancel);
        if (!made.TryGet(out Mailbox? mailbox, out refusal))
        {
            // RFC 6154 §3: whoever asked for a use must hear whether it was the use or the name that is taken.
            return refusal is Refusal.AlreadyExists && use != SpecialUse.None
                && !(await mailboxes.ResolveAsync(session.Actor!, Mailbox, cancel)).IsOk
                ? ImapResult.No(ResponseCode.UseAttribute, refusal.Text)
                : ResponseCode.Refuse(refusal, ResponseCode.Nonexistent);
        }

        session.Notifications?.Watch?.Own.Created(Mailbox);
        if (place.Owner is null && session.Writer.Dialect.HasFlag(ImapDialect.Imap4Rev2) && mailbox.Name != Mailbox.TrimEnd(Core.Mailboxes.Mailbox.Separator))
        {
            TellNormalized(session.Writer, mailbox.Name);
        }

        return ImapResult.Ok(ResponseCode.MailboxId(mailbox, session.Account!.Id), "CREATE completed");
    }

    // RFC 9051 §6.3.9.7: the name as it is kept, with the one that was given.
    private void TellNormalized(ImapResponseWriter writer, string name)
    {
        writer.Write("* LIST () \"/\" "u8);
        writer.Mailbox(name);
        writer.Write(" (\"OLDNAME\" ("u8);
        writer.Mailbox(Mailbox);
        writer.Line("))"u8);
    }

    // "(" [use-attr *(SP use-attr)] ")"     RFC 6154 §6
    private static SpecialUse? ReadUse(ref ImapReader reader)
    {
        reader.Expect((byte)'(');
        if (reader.TryRead((byte)')'))
        {
            return SpecialUse.None;
        }

        SpecialUse? use = null;
        int count = 0;
        do
        {
            reader.Expect((byte)'\\');
            use = SpecialUses.TryFind(reader.Atom(), out SpecialUse known) && count++ == 0 ? known : null;
        }
        while (reader.TrySpace());
        reader.Expect((byte)')');
        return use;
    }
}
