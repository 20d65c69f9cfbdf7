using System.Collections;
using Posthorn.Core;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Server.Imap.Searching;

namespace Posthorn.Server.Imap.Commands;

/// <summary>ESEARCH: one search through several mailboxes; each that has a match gets a response of its own, in UIDs.</summary>
/// <remarks>RFC 7377 §2. What is selected stays selected.</remarks>
internal sealed record Esearch(IReadOnlyList<SearchSource> Sources, SearchProgram Program, SearchOptions Return) : IImapCommand<Esearch>
{
    // esearch = "ESEARCH" [SP esearch-source-opts] [SP search-return-opts] SP search-program     RFC 7377 §4
    public static Esearch Parse(ref ImapReader reader)
    {
        IReadOnlyList<SearchSource> sources = SearchSource.Default;
        reader.Space();
        if (reader.TryKeyword("IN"u8))
        {
            reader.Space();
            sources = SearchSource.ReadAll(ref reader);
            reader.Space();
        }

        SearchOptions? returned = SearchOptions.TryRead(ref reader);
        if (returned is not null)
        {
            reader.Space();
        }

        // RFC 7377 §2.2: what $ names lies in the selected mailbox.
        return returned is { Saves: true } && sources.Any(source => source.Kind != SearchSourceKind.Selected)
            ? throw new ImapSyntaxException("SAVE is for the selected mailbox alone.")
            : new Esearch(sources, SearchProgram.ReadWithCharsetOption(ref reader), returned ?? default);
    }

    public async ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel)
    {
        if (session.Selected is null && Sources.Any(source => source.Kind == SearchSourceKind.Selected))
        {
            return ImapResult.Bad("No mailbox is selected");
        }

        if (!Program.IsCharsetKnown)
        {
            return SearchProgram.Refuse(session, Return, ImapResult.No(ResponseCode.BadCharset, "That charset is not known here"));
        }

        if (Program.Key.SpeaksOfModSeq)
        {
            session.EnableCondStore();
        }

        await session.TellUpdatesAsync(expunges: false, cancel);
        if (session.End is not null)
        {
            return ImapResult.Replied;
        }

        Result<IReadOnlyList<Mailbox>> chosen = await ChooseAsync(session, cancel);
        if (!chosen.TryGet(out IReadOnlyList<Mailbox>? mailboxes, out Refusal? refusal))
        {
            return ResponseCode.Refuse(refusal, ResponseCode.Nonexistent);
        }

        foreach (Mailbox mailbox in mailboxes)
        {
            await SearchAsync(session, mailbox, cancel);
        }

        return ImapResult.Completed;
    }

    /// <summary>Each once, in the order of LIST; names that are not there are passed over.</summary>
    private async ValueTask<Result<IReadOnlyList<Mailbox>>> ChooseAsync(ImapSession session, CancellationToken cancel)
    {
        Mailboxes store = session.Services.Mailboxes;
        Result<IReadOnlyList<Mailbox>> all = await store.ListAsync(session.Actor!, session.Account!.Id, cancel);
        Result<IReadOnlyList<string>> subscribed = await store.SubscriptionsAsync(session.Actor!, session.Account.Id, cancel);
        if (!all.TryGet(out IReadOnlyList<Mailbox>? mailboxes, out Refusal? refusal) || !subscribed.TryGet(out IReadOnlyList<string>? names, out refusal))
        {
            return refusal;
        }

        HashSet<string> subscriptions = [.. names];
        return new Result<IReadOnlyList<Mailbox>>(
            [.. mailboxes.Where(mailbox => !mailbox.IsContainer && Sources.Any(source => source.Holds(mailbox, subscriptions, session.Selected?.Id)))]);
    }

    private async ValueTask SearchAsync(ImapSession session, Mailbox mailbox, CancellationToken cancel)
    {
        SelectedMailbox? selected = session.Selected?.Id == mailbox.Id ? session.Selected : null;
        MailboxSnapshot? view = selected?.View;
        if (view is null && !(await session.Services.Mailboxes.SnapshotAsync(session.Actor!, session.Account!.Id, mailbox.Id, cancel)).TryGet(out view, out _))
        {
            return;
        }

        SearchPlan plan = SearchPlan.MakeWithin(Program.Key, view, selected?.SavedSearch ?? UidSet.Empty, session.Services.Time.GetUtcNow());
        if (!(await new MailboxSearch(session, view, plan).FindAsync(cancel)).TryGet(out BitArray? found, out _))
        {
            return;
        }

        var result = new SearchResult(view, found, byUid: true);
        if (selected is not null && Return.Saves)
        {
            selected.SavedSearch = result.Saved(Return);
        }

        if (!result.IsEmpty && Return.Items != SearchReturn.Save)
        {
            await ExtendedResponse.WriteAsync(session, result, Return, Program.Key.SpeaksOfModSeq, view.Mailbox, cancel);
        }
    }
}
