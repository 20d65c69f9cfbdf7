using System.Collections;
using Posthorn.Core;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Server.Imap.Contexts;
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
            : new Esearch(sources, SearchProgram.ReadWithCharsetOption(ref reader).WithRelevancy(returned is { TellsRelevancy: true }), returned ?? default);
    }

    public async ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel)
    {
        if (session.Selected is null && (Return.Updates || Sources.Any(source => source.Kind == SearchSourceKind.Selected)))
        {
            return ImapResult.Bad("No mailbox is selected");
        }

        if (Return.Updates && session.Contexts.Has(session.Tag))
        {
            return ImapResult.Bad("The tag of an update is in use");
        }

        if (Program.ObjectToNumbers(session) is { } numbers)
        {
            return numbers;
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

    /// <summary>Each once, one's own in the order of LIST; names that are not there are passed over.</summary>
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

        // Another account's mailbox has its own id, and is in no list of this one's.
        SelectedMailbox? others = session.Selected is { } open && open.Account != session.Account.Id ? open : null;
        MailboxId? selected = others is null ? session.Selected?.Id : null;
        var chosen = new List<Mailbox>();
        if (others is not null && Sources.Any(static source => source.Kind == SearchSourceKind.Selected))
        {
            chosen.Add(others.View.Mailbox with { Name = others.Name });
        }

        chosen.AddRange(mailboxes.Where(mailbox => !mailbox.IsContainer && Sources.Any(source => source.Holds(mailbox, subscriptions, selected))));
        chosen.AddRange(await OthersAsync(session, subscriptions, cancel));
        return new Result<IReadOnlyList<Mailbox>>([.. chosen.DistinctBy(mailbox => (mailbox.Account, mailbox.Id))]);
    }

    /// <summary>Mailboxes of other accounts, behind one's own. The rights to search them are asked for when they are opened.</summary>
    /// <remarks>RFC 7377 §2.2: one that is named needs no right to be seen in lists, any other does.</remarks>
    private async ValueTask<IReadOnlyList<Mailbox>> OthersAsync(ImapSession session, HashSet<string> subscriptions, CancellationToken cancel)
    {
        SearchSource[] sources = [.. Sources.Where(static source => source.Kind >= SearchSourceKind.Subscribed)];
        if (sources.Length == 0)
        {
            return [];
        }

        var others = new List<Mailbox>();
        foreach (string name in sources.Where(static source => source.Kind == SearchSourceKind.Mailboxes).SelectMany(static source => source.Names).Distinct())
        {
            if (Namespaces.TrySplit(name, out _, out _, out _) && (await session.Services.Mailboxes.ResolveAsync(session.Actor!, name, cancel)).TryGet(out Mailbox? named, out _))
            {
                others.Add(named);
            }
        }

        others.AddRange((await session.Services.Mailboxes.GrantedAsync(session.Actor!, cancel)).Where(
            mailbox => !mailbox.IsContainer && sources.Any(source => source.Holds(mailbox, subscriptions, null))));
        return others;
    }

    private async ValueTask SearchAsync(ImapSession session, Mailbox mailbox, CancellationToken cancel)
    {
        SelectedMailbox? selected = session.Selected?.Is(mailbox) == true ? session.Selected : null;
        MailboxSnapshot? view = selected?.View;
        if (view is null && !(await session.Services.Mailboxes.SnapshotAsync(session.Actor!, mailbox.Account, mailbox.Id, cancel)).TryGet(out view, out _))
        {
            return;
        }

        SearchPlan plan = SearchPlan.MakeWithin(Program.Key, view, session.Account!.Id, selected?.SavedSearch ?? UidSet.Empty, session.Services.Time.GetUtcNow());
        if (!(await new MailboxSearch(session, view, plan).FindAsync(cancel)).TryGet(out BitArray? found, out _))
        {
            return;
        }

        int[] positions = SearchResult.Positions(found);
        var result = new SearchResult(view, positions, byUid: true)
        {
            Scores = Return.TellsRelevancy ? await Relevance.OfAsync(session, view, positions, Program.Key, cancel) : null,
        };
        if (selected is not null && Return.Updates)
        {
            // RFC 7377 §2.2: of the selected mailbox alone.
            session.Update(new SearchContext(session.Tag.ToArray(), BoundKey.Of(Program.Key, view, selected.SavedSearch), byUid: true, Return.Fetch, result.Uids));
        }

        if (selected is not null && Return.Saves)
        {
            selected.SavedSearch = result.Saved(Return);
        }

        if (!result.IsEmpty && Return.Told != SearchReturn.Save)
        {
            await ExtendedResponse.WriteAsync(session, result, Return, Program.Key.SpeaksOfModSeq, view.Mailbox with { Name = mailbox.Name }, cancel);
        }
    }
}
