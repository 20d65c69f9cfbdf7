using System.Buffers;
using Posthorn.Core;
using Posthorn.Core.Bodies;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Standards;

namespace Posthorn.Server.Imap.Commands;

/// <summary>APPEND: files a message, streamed into the store as it comes.</summary>
/// <remarks>
/// RFC 9051 §6.3.12; APPENDUID: §7.1; literals without waiting: RFC 7888. Parse stops at the literal's announcement; everything that can be refused is
/// refused before the client is told to send. Not implemented: RFC 3502 (several messages), RFC 4469 (CATENATE).
/// </remarks>
internal sealed record Append(string Mailbox, FlagList Flags, DateTimeOffset? InternalDate, LiteralHeader Literal) : IImapCommand<Append>
{
    // append = "APPEND" SP mailbox [SP flag-list] [SP date-time] SP literal     RFC 9051 §9
    public static Append Parse(ref ImapReader reader)
    {
        reader.Space();
        string mailbox = reader.Mailbox();
        reader.Space();
        FlagList flags = FlagList.Empty;
        if (reader.IsNext((byte)'('))
        {
            flags = reader.FlagList();
            reader.Space();
        }

        DateTimeOffset? date = null;
        if (reader.IsNext((byte)'"'))
        {
            date = reader.DateTime();
            reader.Space();
        }

        // literal8 = "~{" number64 ["+"] "}": octets of any value (RFC 9051 §9). Others are taken as they come, too.
        reader.TryRead((byte)'~');
        return new Append(mailbox, flags, date, reader.LiteralHeader());
    }

    /// <summary>
    /// Whether the literal that <paramref name="command"/> ends with is a message. The only other literal that APPEND takes is its first argument,
    /// the mailbox.
    /// </summary>
    public static bool AnnouncesMessage(in ReadOnlySequence<byte> command)
    {
        ReadOnlySpan<byte> text = command.IsSingleSegment ? command.FirstSpan : command.ToArray();
        int tag = text.IndexOf((byte)' ');
        if (tag < 0 || !Ascii.StartsWithIgnoreCase(text[(tag + 1)..], "APPEND "u8))
        {
            return false;
        }

        ReadOnlySpan<byte> arguments = text[(tag + 1 + "APPEND ".Length)..];
        return !arguments.StartsWith("{"u8) || arguments.Contains((byte)'\n');
    }

    public async ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel)
    {
        if (Literal.Length > session.Services.Limits.MaxMessageBytes)
        {
            return ImapResult.No(ResponseCode.TooBig, $"A message may have {session.Services.Limits.MaxMessageBytes} octets");
        }

        Result<Mailbox> found = await session.Services.Mailboxes.FindAsync(session.Actor!, session.Account!.Id, Mailbox, cancel);
        if (!found.TryGet(out Mailbox? mailbox, out Refusal? refusal))
        {
            return ResponseCode.Refuse(refusal, ResponseCode.TryCreate);
        }

        // RFC 9208 §4.3.1, said before the client sends what would be thrown away.
        if (await session.Services.Quotas.ObjectToAsync(session.Actor!, session.Account!.Id, Literal.Length, 1, cancel) is { } full)
        {
            return ResponseCode.Refuse(full, ResponseCode.TryCreate);
        }

        if (Literal.IsSynchronizing)
        {
            session.Writer.Continue("OK"u8);
        }

        await using MessageWriter writer = session.Services.Messages.StartMessage();
        return await ReceiveAsync(session, writer, cancel) ?? await FileAsync(session, mailbox.Id, writer, cancel);
    }

    /// <summary>Takes the literal and the end of the command. Null: all is here.</summary>
    private static async ValueTask<ImapResult?> ReceiveAsync(ImapSession session, MessageWriter writer, CancellationToken cancel)
    {
        ImapFrameStatus status;
        StoreUnavailableException? failure = null;
        try
        {
            status = await session.Commands.ReadLiteralAsync(writer, cancel);
        }
        catch (StoreUnavailableException full)
        {
            // The client is sending already: what comes is gone past, so that the next command is found.
            failure = full;
            status = await session.Commands.ReadLiteralAsync(null, cancel);
        }

        bool isEmpty = true;
        if (status == ImapFrameStatus.Command)
        {
            (status, isEmpty) = await session.Commands.ReadEndAsync(cancel);
        }

        if (status != ImapFrameStatus.Command)
        {
            return session.Leave(status);
        }

        if (failure is not null)
        {
            throw new StoreUnavailableException(failure.Message, failure.IsFull, failure);
        }

        return isEmpty ? null : ImapResult.Bad("There is more than the command takes.");
    }

    private async ValueTask<ImapResult> FileAsync(ImapSession session, MailboxId mailbox, MessageWriter writer, CancellationToken cancel)
    {
        await using IncomingMessage content = await writer.CompleteAsync(cancel);
        NewMessage[] messages = [new NewMessage(content, Flags.Flags, Flags.Keywords, InternalDate)];
        Result<Appended> result = await session.Services.Messages.AppendAsync(session.Actor!, session.Account!.Id, mailbox, messages, cancel);
        return result.TryGet(out Appended? appended, out Refusal? refusal)
            ? ImapResult.Ok(ResponseCode.AppendUid(appended.UidValidity, appended.Uids))
            : ResponseCode.Refuse(refusal, ResponseCode.TryCreate);
    }
}
