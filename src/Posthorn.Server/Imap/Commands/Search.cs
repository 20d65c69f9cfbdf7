using System.Collections;
using Posthorn.Server.Imap.Contexts;
using Posthorn.Server.Imap.Searching;

namespace Posthorn.Server.Imap.Commands;

/// <summary>SEARCH and UID SEARCH.</summary>
/// <remarks>RFC 9051 §6.4.4, RFC 3501 §6.4.4; RETURN: RFC 4731; SAVE: RFC 5182; MODSEQ: RFC 7162 §3.1.5; PARTIAL: RFC 9394 §3.1; RELEVANCY: RFC 6203 §4; UPDATE: RFC 5267 §4.3.</remarks>
/// <param name="Program">What is searched for.</param>
/// <param name="Return">Null: there was no RETURN.</param>
/// <param name="ByUid">UIDs are told.</param>
internal sealed record Search(SearchProgram Program, SearchOptions? Return, bool ByUid) : IImapCommand<Search>
{
    // search = "SEARCH" [search-return-opts] SP search-program     RFC 9051 §9
    public static Search Parse(ref ImapReader reader)
    {
        reader.Space();
        SearchOptions? returned = SearchOptions.TryRead(ref reader);
        if (returned is not null)
        {
            reader.Space();
        }

        return new Search(SearchProgram.ReadWithCharsetOption(ref reader).WithRelevancy(returned is { TellsRelevancy: true }), returned, reader.ByUid);
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
        var result = new SearchResult(selected.View, positions, ByUid)
        {
            Scores = Return is { TellsRelevancy: true } ? await Relevance.OfAsync(session, selected.View, positions, Program.Key, cancel) : null,
        };
        if (Return is { Saves: true } saves)
        {
            selected.SavedSearch = result.Saved(saves);
        }

        await TellAsync(session, result, cancel);
        if (bound is not null)
        {
            session.Update(new SearchContext(session.Tag.ToArray(), bound, ByUid, Return!.Value.Fetch, result.Uids));
        }

        return ImapResult.Completed;
    }

    private ValueTask TellAsync(ImapSession session, SearchResult result, CancellationToken cancel) => Return switch
    {
        // RFC 9051 §6.4.4: SAVE alone is silent.
        { Told: SearchReturn.Save } => ValueTask.CompletedTask,
        null when !session.Writer.Dialect.HasFlag(ImapDialect.Imap4Rev2) => TellNumbersAsync(session.Writer, "SEARCH", result, Program.Key.SpeaksOfModSeq, cancel),
        var options => ExtendedResponse.WriteAsync(session, result, options ?? default, Program.Key.SpeaksOfModSeq, cancel),
    };

    /// <summary>The response without RETURN, of SORT too (RFC 7162 §3.1.9).</summary>
    // "SEARCH" *(SP nz-number) [SP search-sort-mod-seq]     RFC 3501 §9, RFC 7162 §7
    public static async ValueTask TellNumbersAsync(ImapResponseWriter writer, string name, SearchResult result, bool tellsModSeq, CancellationToken cancel)
    {
        writer.Write("* "u8);
        writer.Text(name);
        foreach (uint number in result.Numbers)
        {
            writer.Space();
            writer.Number(number);
            await writer.FlushIfLargeAsync(cancel);
        }

        if (tellsModSeq && !result.IsEmpty)
        {
            writer.Write(" (MODSEQ "u8);
            writer.Number(result.HighestModSeq(SearchReturn.All).Value);
            writer.Write((byte)')');
        }

        writer.EndLine();
    }
}
