using System.Collections;
using Posthorn.Core.Messages;
using Posthorn.Server.Imap.Contexts;
using Posthorn.Server.Imap.Searching;
using Posthorn.Server.Imap.Sorting;

namespace Posthorn.Server.Imap.Commands;

/// <summary>SORT and UID SORT.</summary>
/// <remarks>RFC 5256 §3; RETURN: RFC 5267 §3; UPDATE: RFC 5267 §4.3; by display name: RFC 5957 §4; RELEVANCY: RFC 6203 §6. All keys come from stored rows.</remarks>
internal sealed record Sort(IReadOnlyList<SortCriterion> Criteria, SearchProgram Program, SearchOptions? Return, bool ByUid) : IImapCommand<Sort>
{
    // extended-sort = ["UID" SP] "SORT" search-return-opts SP sort-criteria SP search-criteria     RFC 5267 §5
    public static Sort Parse(ref ImapReader reader)
    {
        reader.Space();
        SearchOptions? returned = SearchOptions.TryRead(ref reader);
        if (returned is not null)
        {
            reader.Space();
        }

        IReadOnlyList<SortCriterion> criteria = SortCriterion.ReadAll(ref reader);
        reader.Space();
        bool wantsRelevancy = returned is { TellsRelevancy: true } || criteria.Any(static criterion => criterion.Field == SortField.Relevancy);
        return new Sort(criteria, SearchProgram.Read(ref reader).WithRelevancy(wantsRelevancy), returned, reader.ByUid);
    }

    public async ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel)
    {
        if (Return is { Updates: true } && session.Contexts.Has(session.Tag))
        {
            return ImapResult.Bad("The tag of an update is in use");
        }

        (BitArray? found, ImapResult refusal) = await Program.FindAsync(session, cancel);
        if (found is null)
        {
            return SearchProgram.Refuse(session, Return, refusal);
        }

        SelectedMailbox selected = session.Selected!;
        SearchKey? bound = Return is { Updates: true } ? BoundKey.Of(Program.Key, selected.View, selected.SavedSearch) : null;
        int[] positions = SearchResult.Positions(found);
        bool byRelevancy = Criteria.Any(static criterion => criterion.Field == SortField.Relevancy);
        IReadOnlyDictionary<int, int>? scores = Return is { TellsRelevancy: true } || byRelevancy
            ? await Relevance.OfAsync(session, selected.View, positions, Program.Key, cancel)
            : null;
        List<SortKey> sorted = await SortAsync(session, positions, scores, cancel);
        var result = new SearchResult(selected.View, [.. sorted.Select(key => key.Position)], ByUid) { Scores = Return is { TellsRelevancy: true } ? scores : null };
        if (Return is { Saves: true } saves)
        {
            selected.SavedSearch = result.Saved(saves);
        }

        bool tellsModSeq = Program.Key.SpeaksOfModSeq;
        await (Return switch
        {
            { Told: SearchReturn.Save } => ValueTask.CompletedTask,
            null => Search.TellNumbersAsync(session.Writer, "SORT", result, tellsModSeq, cancel),
            { } options => ExtendedResponse.WriteAsync(session, result, options, tellsModSeq, cancel),
        });
        if (bound is not null)
        {
            // What is relevant beside what changes with every message: such an order is not kept.
            SortContext? context = byRelevancy || sorted.Count > SortContext.MostMessages ? null : new SortContext(
                session.Tag.ToArray(), bound, ByUid, Return!.Value.Fetch, Criteria, sorted.Select(key => (key, selected.View[key.Position].Uid)));
            session.Update(context);
        }

        return ImapResult.Completed;
    }

    private async ValueTask<List<SortKey>> SortAsync(ImapSession session, int[] found, IReadOnlyDictionary<int, int>? scores, CancellationToken cancel)
    {
        var keys = new List<SortKey>(found.Length);
        await foreach ((int position, Message row) in FoundRows.ReadAsync(session, found, SortCriterion.Fields(Criteria), cancel))
        {
            keys.Add(new SortKey(Criteria, position, row, scores?[position] ?? 0));
        }

        keys.Sort();
        return keys;
    }
}
