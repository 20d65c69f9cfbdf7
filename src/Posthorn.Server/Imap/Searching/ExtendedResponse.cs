using Posthorn.Core.Mailboxes;

namespace Posthorn.Server.Imap.Searching;

/// <summary>The ESEARCH response, of SEARCH and of SORT.</summary>
/// <remarks>RFC 9051 §7.3.4, RFC 4731 §3.1; PARTIAL: RFC 9394 §3.1; of SORT: RFC 5267 §3.</remarks>
internal static class ExtendedResponse
{
    // esearch-response = "ESEARCH" [search-correlator] [SP "UID"] *(SP search-return-data)     RFC 9051 §9
    public static ValueTask WriteAsync(ImapSession session, SearchResult result, SearchOptions options, bool tellsModSeq, CancellationToken cancel) =>
        WriteAsync(session, result, options, tellsModSeq, null, cancel);

    /// <param name="mailbox">Named in the response where several were searched (RFC 7377 §2.1).</param>
    public static async ValueTask WriteAsync(
        ImapSession session, SearchResult result, SearchOptions options, bool tellsModSeq, Mailbox? mailbox, CancellationToken cancel)
    {
        SearchReturn items = options.Told;
        ImapResponseWriter writer = session.Writer;
        writer.Write("* ESEARCH (TAG "u8);
        writer.String(session.Tag);
        if (mailbox is not null)
        {
            writer.Write(" MAILBOX "u8);
            writer.Mailbox(mailbox.Name);
            writer.Write(" UIDVALIDITY "u8);
            writer.Number(mailbox.UidValidity.Value);
        }

        writer.Write(result.ByUid ? ") UID"u8 : ")"u8);
        if (items.HasFlag(SearchReturn.Count))
        {
            writer.Write(" COUNT "u8);
            writer.Number(result.Count);
        }

        if (items.HasFlag(SearchReturn.Min) && !result.IsEmpty)
        {
            writer.Write(" MIN "u8);
            writer.Number(result.Min);
        }

        if (items.HasFlag(SearchReturn.Max) && !result.IsEmpty)
        {
            writer.Write(" MAX "u8);
            writer.Number(result.Max);
        }

        if (items.HasFlag(SearchReturn.All) && !result.IsEmpty)
        {
            writer.Write(" ALL "u8);
            await writer.SetAsync(result.Ranges, cancel);
        }

        if (items.HasFlag(SearchReturn.Partial))
        {
            await WritePartialAsync(writer, result, options.Partial, cancel);
        }

        if (result.Scores is not null && !result.IsEmpty)
        {
            await WriteScoresAsync(writer, items.HasFlag(SearchReturn.Partial) ? result.Slice(options.Partial) : result, cancel);
        }

        if (tellsModSeq && !result.IsEmpty)
        {
            writer.Write(" MODSEQ "u8);
            writer.Number(result.HighestModSeq(items).Value);
        }

        writer.EndLine();
    }

    // ret-data-partial = "PARTIAL" SP "(" partial-range SP partial-results ")"     RFC 9394 §4
    private static async ValueTask WritePartialAsync(ImapResponseWriter writer, SearchResult result, PartialRange range, CancellationToken cancel)
    {
        writer.Write(" PARTIAL ("u8);
        writer.Text(range.ToString());
        writer.Space();
        SearchResult part = result.Slice(range);
        if (part.IsEmpty)
        {
            writer.Write("NIL"u8);
        }
        else
        {
            await writer.SetAsync(part.Ranges, cancel);
        }

        writer.Write((byte)')');
    }

    // search-return-data =/ "RELEVANCY" SP score-list;  score-list = "(" [score *(SP score)] ")"     RFC 6203 §7
    private static async ValueTask WriteScoresAsync(ImapResponseWriter writer, SearchResult result, CancellationToken cancel)
    {
        writer.Write(" RELEVANCY ("u8);
        bool isFirst = true;
        foreach (int score in result.ScoresInOrder)
        {
            if (!isFirst)
            {
                writer.Space();
            }

            isFirst = false;
            writer.Number((uint)score);
            await writer.FlushIfLargeAsync(cancel);
        }

        writer.Write((byte)')');
    }
}
