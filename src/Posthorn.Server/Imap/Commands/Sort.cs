using System.Collections;
using Posthorn.Core.Messages;
using Posthorn.Server.Imap.Searching;
using Posthorn.Server.Imap.Sorting;

namespace Posthorn.Server.Imap.Commands;

/// <summary>SORT and UID SORT.</summary>
/// <remarks>RFC 5256 §3; RETURN: RFC 5267 §3; by display name: RFC 5957 §4. All keys come from stored rows.</remarks>
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
        return new Sort(criteria, SearchProgram.Read(ref reader), returned, reader.ByUid);
    }

    public async ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel)
    {
        (BitArray? found, ImapResult refusal) = await Program.FindAsync(session, cancel);
        if (found is null)
        {
            return SearchProgram.Refuse(session, Return, refusal);
        }

        int[] sorted = await SortAsync(session, SearchResult.Positions(found), cancel);
        var result = new SearchResult(session.Selected!.View, sorted, ByUid);
        if (Return is { Saves: true } saves)
        {
            session.Selected.SavedSearch = result.Saved(saves);
        }

        bool tellsModSeq = Program.Key.SpeaksOfModSeq;
        await (Return switch
        {
            { Items: SearchReturn.Save } => ValueTask.CompletedTask,
            null => Search.TellNumbersAsync(session.Writer, "SORT", result, tellsModSeq, cancel),
            { } options => ExtendedResponse.WriteAsync(session, result, options, tellsModSeq, cancel),
        });
        return ImapResult.Completed;
    }

    private async ValueTask<int[]> SortAsync(ImapSession session, int[] found, CancellationToken cancel)
    {
        MessageFields fields = Criteria.Any(criterion => criterion.NeedsEnvelope) ? MessageFields.Envelope : MessageFields.None;
        var keys = new List<SortKey>(found.Length);
        await foreach ((int position, Message row) in FoundRows.ReadAsync(session, found, fields, cancel))
        {
            keys.Add(new SortKey(Criteria, position, row));
        }

        keys.Sort();
        return [.. keys.Select(key => key.Position)];
    }
}
