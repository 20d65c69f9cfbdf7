using Posthorn.Server.Connections;
using Posthorn.Server.Smtp.Content;
using Posthorn.Server.Smtp.Grammar;

namespace Posthorn.Server.Smtp.Commands;

/// <summary>DATA: the message follows, up to a line with a single dot.</summary>
/// <remarks>
/// RFC 5321 §4.1.1.4. A bare CR or LF in it refuses the message, and the end is never looked for behind one (RFC 5321 §2.3.8): what another
/// server took for text is not taken for commands here.
/// </remarks>
internal sealed record Data : ISmtpCommand
{
    private static readonly Data Instance = new();
    private static readonly SmtpReply StartInput = SmtpReply.Fixed(354, null, "Send the message; end it with a line that holds a single dot");
    private static readonly SmtpReply BinaryByChunks = SmtpReply.Fixed(503, "5.5.1", "A message with BODY=BINARYMIME is sent by BDAT");

    private static readonly SmtpReply BareLineEnd =
        SmtpReply.Fixed(554, "5.6.0", "There is a bare CR or LF in the message; lines end with CRLF, see RFC 5321 2.3.8");

    public static ISmtpCommand Parse(ref SmtpReader reader)
    {
        reader.End("DATA stands alone");
        return Instance;
    }

    public async ValueTask<SmtpReply> RunAsync(SmtpSession session, CancellationToken cancel)
    {
        if (session.Transaction!.Mail.Body == BodyType.BinaryMime)
        {
            return BinaryByChunks;
        }
        var reception = session.Transaction.Reception = new MessageReception(session);
        try
        {
            session.IsReadingMessage = true;
            await session.PromptAsync(StartInput, cancel);
            if (await ReadAsync(session, reception, cancel) is { } broken)
            {
                return broken;
            }
            session.IsReadingMessage = false;
            return await Acceptance.AcceptAsync(session, reception, cancel);
        }
        finally
        {
            await session.EndTransactionAsync();
        }
    }

    /// <summary>Reads to the end of the data; the reply when the connection is of no more use.</summary>
    private static async ValueTask<SmtpReply?> ReadAsync(SmtpSession session, MessageReception reception, CancellationToken cancel)
    {
        var patience = new MessagePatience(session);
        var dots = new DotUnstuffing();
        while (!dots.IsAtEnd)
        {
            var read = await patience.ReadAsync(cancel);
            if (patience.Broken is { } broken)
            {
                return broken;
            }
            long consumed = 0;
            foreach (var segment in read.Buffer)
            {
                for (var i = 0; i < segment.Length && !dots.IsAtEnd;)
                {
                    var taken = dots.Read(segment.Span[i..], out var text);
                    await reception.WriteAsync(segment.Slice(i, taken)[text], cancel);
                    i += taken;
                    consumed += taken;
                }
            }
            session.Connection.Input.AdvanceTo(read.Buffer.GetPosition(consumed));
            if (dots.HasBareLineEnd)
            {
                await reception.RefuseAsync(BareLineEnd);
            }
            if (reception.IsBeyondPatience)
            {
                return reception.Refusal!.AndEnd(EndReason.SessionLimit);
            }
        }
        return null;
    }
}
