using Posthorn.Core;
using Posthorn.Server.Imap.Fetching;
using Posthorn.Server.Imap.Searching;

namespace Posthorn.Server.Imap.Commands;

/// <summary>FETCH and UID FETCH.</summary>
/// <remarks>
/// RFC 9051 §6.4.5, RFC 3501 §6.4.5 (RFC822, RFC822.HEADER, RFC822.TEXT); CHANGEDSINCE and MODSEQ: RFC 7162 §3.1.4, §3.1.5; PARTIAL: RFC 9394 §3.3.
/// Not implemented: RFC 7162 §3.2.6 VANISHED, RFC 8970 PREVIEW.
/// </remarks>
internal sealed record Fetch(SequenceSet Messages, FetchRequest Request, ModSeq? ChangedSince, PartialRange? Partial) : IImapCommand<Fetch>
{
    // fetch = "FETCH" SP sequence-set SP (...) [SP "(" fetch-modifier ")"]     RFC 9051 §9, RFC 7162 §7
    public static Fetch Parse(ref ImapReader reader)
    {
        reader.Space();
        SequenceSet messages = reader.SequenceSet();
        reader.Space();
        FetchRequest request = FetchGrammar.Read(ref reader);
        ModSeq? changedSince = null;
        PartialRange? partial = null;
        if (reader.TrySpace())
        {
            reader.Expect((byte)'(');
            do
            {
                if (reader.ByUid && partial is null && reader.TryKeyword("PARTIAL"u8))
                {
                    partial = PartialRange.Read(ref reader);
                    continue;
                }

                reader.Keyword("CHANGEDSINCE"u8);
                reader.Space();
                changedSince = reader.ModSeq();
            }
            while (reader.TrySpace());
            reader.Expect((byte)')');
        }

        // RFC 9051 §6.4.9: a response to a UID command has the UID. RFC 7162 §3.1.4.1: CHANGEDSINCE asks for MODSEQ.
        FetchItems implied = reader.ByUid ? FetchItems.Uid : FetchItems.None;
        implied |= changedSince is null ? FetchItems.None : FetchItems.ModSeq;
        return new Fetch(messages, request with { Items = request.Items | implied }, changedSince, partial);
    }

    public async ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel)
    {
        SelectedMailbox selected = session.Selected!;
        if (Request.Items.HasFlag(FetchItems.ModSeq))
        {
            session.EnableCondStore();
        }

        if (!Messages.TryResolve(selected.View, selected.SavedSearch, out IReadOnlyList<PositionRange> positions))
        {
            return ImapResult.Bad("There is no message with such a number");
        }

        if (Partial is { } partial)
        {
            positions = partial.Of(positions);
        }

        var fetcher = new MessageFetcher(session, Request);
        await fetcher.RunAsync(positions, ChangedSince, cancel);

        if (fetcher.HasUnknownEncoding)
        {
            // RFC 3516 §4.3.
            return ImapResult.No(ResponseCode.UnknownCte, "A part has an encoding that cannot be taken off");
        }

        // RFC 2180 §4.1.2: another session removed some; UID FETCH passes them over as UIDs that do not exist.
        return fetcher.SomeAreGone && !Messages.ByUid
            ? ImapResult.No(ResponseCode.ExpungeIssued, "Some of the messages are gone")
            : ImapResult.Completed;
    }
}
