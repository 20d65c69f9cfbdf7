using Posthorn.Core;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Server.Imap.Appending;

namespace Posthorn.Server.Imap.Commands;

/// <summary>APPEND: files messages, all or none of them, streamed into the store as they come.</summary>
/// <remarks>
/// RFC 9051 §6.3.12; APPENDUID: §7.1; literals without waiting: RFC 7888; several messages: RFC 3502; messages made of parts: RFC 4469. Parse stops at the
/// first literal's announcement. Deviates from RFC 6855 §4: octets above 127 in a header are taken from clients that did not enable UTF8=ACCEPT, too. They have
/// always come with old mail that is moved here, and a refusal would leave it behind.
/// </remarks>
/// <param name="Line">Up to the first literal.</param>
internal sealed record Append(string Mailbox, AppendLine Line) : IImapCommand<Append>
{
    // append = "APPEND" SP mailbox 1*append-message     RFC 4466 §6, RFC 3502 §6.3.11
    public static Append Parse(ref ImapReader reader)
    {
        reader.Space();
        string mailbox = reader.Mailbox();
        return new Append(mailbox, AppendGrammar.Read(ref reader, AppendState.Message));
    }

    public ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel) => TakeAsync(
        session,
        replaced: null,
        async (mailbox, messages) =>
        {
            Result<Appended> result = await session.Services.Messages.AppendAsync(session.Actor!, mailbox.Account, mailbox.Id, messages, cancel);
            if (!result.TryGet(out Appended? appended, out Refusal? refusal))
            {
                return ResponseCode.RefuseFiling(refusal, mailbox, session.Account!.Id);
            }

            session.Created(mailbox.Account, mailbox.Id, appended.Uids);
            return ImapResult.Ok(ResponseCode.AppendUid(appended.UidValidity, appended.Uids));
        },
        cancel);

    /// <summary>Takes the messages and files them.</summary>
    /// <param name="replaced">What the one message that comes takes the place of; null: they come as well.</param>
    /// <param name="file">Gets the mailbox and the messages.</param>
    /// <param name="session">The session.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async ValueTask<ImapResult> TakeAsync(
        ImapSession session, ReplacedMessage? replaced, Func<Mailbox, List<NewMessage>, ValueTask<ImapResult>> file, CancellationToken cancel)
    {
        if (Line.Literal is { } literal && literal.Header.Length > session.Services.Limits.MaxMessageBytes)
        {
            return ImapResult.No(ResponseCode.TooBig, $"A message may have {session.Services.Limits.MaxMessageBytes} octets");
        }

        Result<Mailbox> found = await session.Services.Mailboxes.ResolveAsync(session.Actor!, Mailbox, cancel);
        if (!found.TryGet(out Mailbox? mailbox, out Refusal? refusal))
        {
            return ResponseCode.Refuse(refusal, ResponseCode.TryCreate);
        }

        if (replaced is not null && mailbox.Account != replaced.Account)
        {
            return ImapResult.No(ResponseCode.Cannot, "REPLACE stays within the mailboxes of one account");
        }

        var messages = new List<NewMessage>();
        await using var reception = new AppendReception(session, mailbox, messages, replaced);
        try
        {
            return await reception.RunAsync(Line, cancel) ?? await file(mailbox, messages);
        }
        finally
        {
            foreach (NewMessage message in messages)
            {
                await message.Content.DisposeAsync();
            }
        }
    }
}
