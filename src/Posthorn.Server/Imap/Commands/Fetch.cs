using Posthorn.Core;
using Posthorn.Core.Changes;
using Posthorn.Core.Messages;
using Posthorn.Server.Imap.Fetching;
using Posthorn.Server.Imap.Resync;
using Posthorn.Server.Imap.Searching;

namespace Posthorn.Server.Imap.Commands;

/// <summary>FETCH and UID FETCH.</summary>
/// <remarks>
/// RFC 9051 §6.4.5, RFC 3501 §6.4.5 (RFC822, RFC822.HEADER, RFC822.TEXT); CHANGEDSINCE and MODSEQ: RFC 7162 §3.1.4, §3.1.5; VANISHED: RFC 7162
/// §3.2.6; PARTIAL: RFC 9394 §3.3.
/// </remarks>
/// <param name="TellsVanished">Messages of the set that went since <paramref name="ChangedSince"/> are told first.</param>
internal sealed record Fetch(SequenceSet Messages, FetchRequest Request, ModSeq? ChangedSince, bool TellsVanished, PartialRange? Partial) : IImapCommand<Fetch>
{
    // What changed since is often at the end of a large mailbox, however far back the set goes: the change log says where before older messages are read.
    SequenceSet? IImapCommand.Messages => AsksLog ? null : Messages;

    private bool AsksLog => Messages.ByUid && ChangedSince is not null && Partial is null;

    // fetch = "FETCH" SP sequence-set SP (...) [SP "(" fetch-modifier ")"]     RFC 9051 §9, RFC 7162 §7
    public static Fetch Parse(ref ImapReader reader)
    {
        reader.Space();
        SequenceSet messages = reader.SequenceSet();
        reader.Space();
        FetchRequest request = FetchGrammar.Read(ref reader);
        ModSeq? changedSince = null;
        PartialRange? partial = null;
        bool tellsVanished = false;
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

                // RFC 7162 §3.2.6: of UID FETCH alone.
                if (reader.ByUid && !tellsVanished && reader.TryKeyword("VANISHED"u8))
                {
                    tellsVanished = true;
                    continue;
                }

                reader.Keyword("CHANGEDSINCE"u8);
                reader.Space();
                changedSince = reader.ModSeq();
            }
            while (reader.TrySpace());
            reader.Expect((byte)')');
        }

        if (tellsVanished && changedSince is null)
        {
            throw new ImapSyntaxException("VANISHED needs CHANGEDSINCE beside it.");
        }

        // RFC 9051 §6.4.9: a response to a UID command has the UID. RFC 7162 §3.1.4.1: CHANGEDSINCE asks for MODSEQ.
        FetchItems implied = reader.ByUid ? FetchItems.ImpliedUid : FetchItems.None;
        implied |= changedSince is null ? FetchItems.None : FetchItems.ModSeq;
        return new Fetch(messages, request with { Items = request.Items | implied }, changedSince, tellsVanished, partial);
    }

    public async ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel)
    {
        SelectedMailbox selected = session.Selected!;
        if (TellsVanished && !session.Writer.Dialect.HasFlag(ImapDialect.QResync))
        {
            return ImapResult.Bad("VANISHED needs ENABLE QRESYNC first");
        }

        if (Request.Items.HasFlag(FetchItems.ModSeq))
        {
            session.EnableCondStore();
        }

        IReadOnlyList<PositionRange> positions;
        if (AsksLog && !selected.View.IsWhole && Messages.ReachesFarBack(selected.View))
        {
            positions = await ChangedAsync(session, selected, cancel);
        }
        else if (!Messages.TryResolve(selected.View, selected.SavedSearch, out positions))
        {
            return ImapResult.Bad("There is no message with such a number");
        }

        if (Partial is { } partial)
        {
            positions = partial.Of(positions);
        }

        if (TellsVanished)
        {
            // Before any FETCH, or the client could not tell what the numbers are of.
            await QResync.TellVanishedAsync(session, selected.View, ChangedSince!.Value, Messages.NamedUids(selected.View, selected.SavedSearch), cancel);
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

    private async ValueTask<IReadOnlyList<PositionRange>> ChangedAsync(ImapSession session, SelectedMailbox selected, CancellationToken cancel)
    {
        UidSet named = Messages.NamedUids(selected.View, selected.SavedSearch);
        Result<ChangedUids?> found = await session.Services.Mailboxes.ChangedSinceAsync(session.Actor!, selected.View, ChangedSince!.Value, cancel);
        UidSet changed = found.TryGet(out ChangedUids? logged, out _) && logged is not null ? logged.Touched.Intersect(named) : named;
        await selected.View.LoadAsync(changed, cancel);
        return SequenceSet.PositionsOf(selected.View, changed);
    }
}
