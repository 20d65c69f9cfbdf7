using System.Globalization;
using Posthorn.Server.Connections;
using Posthorn.Server.Smtp.Content;
using Posthorn.Server.Smtp.Grammar;

namespace Posthorn.Server.Smtp.Commands;

/// <summary>BDAT: so many octets of the message follow, as they are.</summary>
/// <remarks>
/// RFC 3030 §2. The octets are read whatever the answer. A bare CR or LF is only allowed with BODY=BINARYMIME, and then only when no other
/// server has to pass the message on: it might end it there.
/// </remarks>
internal sealed record Bdat(long Size, bool IsLast) : ISmtpCommand
{
    private static readonly SmtpReply BareLineEnd =
        SmtpReply.Fixed(554, "5.6.0", "There is a bare CR or LF in the message; lines end with CRLF, or send it with BODY=BINARYMIME");

    private static readonly SmtpReply NotForElsewhere =
        SmtpReply.Fixed(554, "5.6.1", "Binary content can be delivered here only; encode it as base64 for other servers");

    // bdat-cmd = "BDAT" SP chunk-size [ SP end-marker ] CR LF; chunk-size = 1*DIGIT; end-marker = "LAST"
    public static ISmtpCommand Parse(ref SmtpReader reader)
    {
        if (!long.TryParse(reader.Word(), NumberStyles.None, CultureInfo.InvariantCulture, out var size))
        {
            throw Malformed();
        }
        var marker = reader.Word();
        return marker.IsEmpty || (reader.AtEnd && Standards.Ascii.EqualsIgnoreCase(marker, "LAST"u8))
            ? new Bdat(size, !marker.IsEmpty)
            : throw Malformed();
    }

    // Octets follow, and nobody knows how many: none of them may be taken for a command.
    private static SmtpSyntaxException Malformed() => new(
        new SmtpReply(501, "5.5.4", "BDAT wants a number of octets, and LAST with the last of them; goodbye") { Ends = EndReason.TooManyBadCommands });

    public async ValueTask<SmtpReply> RunAsync(SmtpSession session, CancellationToken cancel)
    {
        var transaction = session.Transaction!;
        var reception = transaction.Reception ??= new MessageReception(session);
        var goesOn = false;
        try
        {
            session.IsReadingMessage = true;
            if (await ReadAsync(session, transaction, reception, cancel) is { } broken)
            {
                return broken;
            }
            session.IsReadingMessage = false;
            if (reception.Refusal is { } refusal)
            {
                return refusal;
            }
            if (!IsLast)
            {
                goesOn = true;
                session.State = SmtpStates.Chunks;
                return new SmtpReply(250, "2.0.0", $"{Size} octets received");
            }
            return LineEndRefusal(transaction) ?? await Acceptance.AcceptAsync(session, reception, cancel);
        }
        finally
        {
            if (!goesOn)
            {
                await session.EndTransactionAsync();
            }
        }
    }

    private static SmtpReply? LineEndRefusal(MailTransaction transaction)
    {
        transaction.ChunkLineEnds.End();
        return !transaction.ChunkLineEnds.HasBare ? null
            : transaction.Mail.Body != BodyType.BinaryMime ? BareLineEnd
            : Acceptance.GoesElsewhere(transaction) ? NotForElsewhere
            : null;
    }

    private async ValueTask<SmtpReply?> ReadAsync(
        SmtpSession session, MailTransaction transaction, MessageReception reception, CancellationToken cancel)
    {
        var patience = new MessagePatience(session);
        for (var left = Size; left > 0;)
        {
            var read = await patience.ReadAsync(cancel);
            if (patience.Broken is { } broken)
            {
                return broken;
            }
            var chunk = read.Buffer.Slice(0, Math.Min(left, read.Buffer.Length));
            foreach (var segment in chunk)
            {
                transaction.ChunkLineEnds.Read(segment.Span);
                await reception.WriteAsync(segment, cancel);
            }
            left -= chunk.Length;
            session.Connection.Input.AdvanceTo(chunk.End);
            if (reception.IsBeyondPatience)
            {
                return reception.Refusal!.AndEnd(EndReason.SessionLimit);
            }
        }
        return null;
    }
}

/// <summary>A BDAT that was refused: its octets are read and thrown away first.</summary>
/// <remarks>RFC 3030 §2.</remarks>
internal sealed record RefusedChunk(Bdat Chunk, SmtpReply Refusal) : ISmtpCommand
{
    public async ValueTask<SmtpReply> RunAsync(SmtpSession session, CancellationToken cancel)
    {
        if (Chunk.Size > session.Server.Limits.MaxDiscard)
        {
            return Refusal.AndEnd(EndReason.SessionLimit);
        }
        var patience = new MessagePatience(session);
        for (var left = Chunk.Size; left > 0;)
        {
            var read = await patience.ReadAsync(cancel);
            if (patience.Broken is { } broken)
            {
                return broken;
            }
            var skipped = Math.Min(left, read.Buffer.Length);
            session.Connection.Input.AdvanceTo(read.Buffer.GetPosition(skipped));
            left -= skipped;
        }
        return Refusal;
    }
}
