using Posthorn.Core.Messages;
using Posthorn.Core.Search;
using Posthorn.Server.Imap.Sorting;
using Posthorn.Standards.Mime;

namespace Posthorn.Server.Imap.Threading;

/// <summary>What THREAD knows of a message, from its stored row.</summary>
/// <param name="Position">In the view.</param>
/// <param name="Sent">Ticks, UTC (RFC 5256 §2.2).</param>
/// <param name="Arrived">Ticks of the internal date, UTC.</param>
/// <param name="Subject">Base subject, folded.</param>
/// <param name="IsReply">A mark of a reply or a forward was taken off the subject.</param>
/// <param name="MessageId">Null: none that is valid.</param>
/// <param name="References">Ids of its ancestors, the oldest first.</param>
internal sealed record ThreadedMessage(
    int Position, long Sent, long Arrived, string Subject, bool IsReply, string? MessageId, IReadOnlyList<string> References)
{
    public const MessageFields Fields = MessageFields.Envelope | MessageFields.References;

    public static ThreadedMessage Of(int position, Message row)
    {
        SortEnvelope envelope = SortEnvelope.Read(row.Envelope);
        string subject = SearchText.Fold(BaseSubject.Of(envelope.Subject, out bool isReply));

        // RFC 5256 §3: In-Reply-To counts where References has no id, and then its first id alone.
        IReadOnlyList<string> references = row.References is { Length: > 0 } ids ? ids.Split(' ') : envelope.InReplyTo is { } parent ? [parent] : [];
        return new ThreadedMessage(
            position, SortKey.SentTicks(row, envelope), row.InternalDate.UtcTicks, subject, isReply, envelope.MessageId, references);
    }

    /// <summary>By the date sent, then by the order in the mailbox.</summary>
    public static int BySent(ThreadedMessage left, ThreadedMessage right)
    {
        int order = left.Sent.CompareTo(right.Sent);
        return order != 0 ? order : left.Position.CompareTo(right.Position);
    }
}
