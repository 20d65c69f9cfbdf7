using System.Collections;
using System.Text;
using Posthorn.Core;
using Posthorn.Core.Messages;
using Posthorn.Server.Imap.Searching;

namespace Posthorn.Server.Imap.Commands;

/// <summary>SEARCH and UID SEARCH.</summary>
/// <remarks>RFC 9051 §6.4.4, RFC 3501 §6.4.4; RETURN: RFC 4731; SAVE: RFC 5182; MODSEQ: RFC 7162 §3.1.5.</remarks>
/// <param name="Key">What is searched for.</param>
/// <param name="Return">Null: there was no RETURN.</param>
/// <param name="ByUid">UIDs are told.</param>
/// <param name="IsCharsetKnown">False: the key was not read.</param>
internal sealed record Search(SearchKey Key, SearchReturn? Return, bool ByUid, bool IsCharsetKnown) : IImapCommand<Search>
{
    // search = "SEARCH" [search-return-opts] SP search-program     RFC 9051 §9
    // search-program = ["CHARSET" SP charset SP] search-key *(SP search-key)
    public static Search Parse(ref ImapReader reader)
    {
        reader.Space();
        SearchReturn? returned = null;
        if (reader.TryKeyword("RETURN"u8))
        {
            returned = ReadReturn(ref reader);
            reader.Space();
        }

        Encoding? charset = SearchCharset.Default;
        if (reader.TryKeyword("CHARSET"u8))
        {
            reader.Space();
            charset = SearchCharset.Find(reader.AString());
            reader.Space();
        }

        // In a charset that is not known the keys are read all the same: a command that is wrong is BAD, not NO.
        SearchKey key = new SearchKeyReader(charset ?? Encoding.Latin1).ReadAll(ref reader);
        return new Search(key, returned, reader.ByUid, charset is not null);
    }

    public async ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel)
    {
        if (!IsCharsetKnown)
        {
            return Refuse(session, ImapResult.No(ResponseCode.BadCharset, "That charset is not known here"));
        }

        if (Key.SpeaksOfModSeq)
        {
            session.EnableCondStore();
        }

        // What other sessions finished before this command came is searched too.
        await session.TellUpdatesAsync(expunges: false, cancel);
        if (session.Selected is not { } selected)
        {
            return ImapResult.No(ResponseCode.Nonexistent, "The mailbox is gone");
        }

        if (SearchPlan.Make(Key, selected.View, selected.SavedSearch) is not { } plan)
        {
            return ImapResult.Bad("There is no message of that number.");
        }

        Result<BitArray> searched = await new MailboxSearch(session, plan).FindAsync(cancel);
        if (!searched.TryGet(out BitArray? found, out Refusal? refusal))
        {
            return Refuse(session, ResponseCode.Refuse(refusal, ResponseCode.Nonexistent));
        }

        var result = new SearchResult(selected.View, found, ByUid);
        if (Return is { } saves && saves.HasFlag(SearchReturn.Save))
        {
            selected.SavedSearch = result.Saved(saves);
        }

        await TellAsync(session, result, cancel);
        return ImapResult.Completed;
    }

    // RFC 9051 §6.4.4.1: NO to a search that was to be saved leaves nothing saved.
    private ImapResult Refuse(ImapSession session, ImapResult refusal)
    {
        if (Return is { } returned && returned.HasFlag(SearchReturn.Save) && session.Selected is { } selected)
        {
            selected.SavedSearch = UidSet.Empty;
        }

        return refusal;
    }

    private ValueTask TellAsync(ImapSession session, SearchResult result, CancellationToken cancel) => Return switch
    {
        // RFC 9051 §6.4.4: SAVE alone is silent.
        SearchReturn.Save => ValueTask.CompletedTask,
        null when !session.Writer.Dialect.HasFlag(ImapDialect.Imap4Rev2) => TellNumbersAsync(session.Writer, result, cancel),
        null or SearchReturn.None => TellExtendedAsync(session, result, SearchReturn.All, cancel),
        var returned => TellExtendedAsync(session, result, returned.Value, cancel),
    };

    // "SEARCH" *(SP nz-number) [SP search-sort-mod-seq]     RFC 3501 §9, RFC 7162 §7
    private async ValueTask TellNumbersAsync(ImapResponseWriter writer, SearchResult result, CancellationToken cancel)
    {
        writer.Write("* SEARCH"u8);
        foreach (uint number in result.Numbers)
        {
            writer.Space();
            writer.Number(number);
            await writer.FlushIfLargeAsync(cancel);
        }

        if (Key.SpeaksOfModSeq && !result.IsEmpty)
        {
            writer.Write(" (MODSEQ "u8);
            writer.Number(result.HighestModSeq(SearchReturn.All).Value);
            writer.Write((byte)')');
        }

        writer.EndLine();
    }

    // esearch-response = "ESEARCH" [search-correlator] [SP "UID"] *(SP search-return-data)     RFC 9051 §9
    private async ValueTask TellExtendedAsync(ImapSession session, SearchResult result, SearchReturn returned, CancellationToken cancel)
    {
        ImapResponseWriter writer = session.Writer;
        writer.Write("* ESEARCH (TAG "u8);
        writer.String(session.Tag);
        writer.Write(result.ByUid ? ") UID"u8 : ")"u8);
        if (returned.HasFlag(SearchReturn.Count))
        {
            writer.Write(" COUNT "u8);
            writer.Number(result.Count);
        }

        if (!result.IsEmpty)
        {
            if (returned.HasFlag(SearchReturn.Min))
            {
                writer.Write(" MIN "u8);
                writer.Number(result.Min);
            }

            if (returned.HasFlag(SearchReturn.Max))
            {
                writer.Write(" MAX "u8);
                writer.Number(result.Max);
            }

            if (returned.HasFlag(SearchReturn.All))
            {
                await WriteSetAsync(writer, result.Set, cancel);
            }

            if (Key.SpeaksOfModSeq)
            {
                writer.Write(" MODSEQ "u8);
                writer.Number(result.HighestModSeq(returned).Value);
            }
        }

        writer.EndLine();
    }

    private static async ValueTask WriteSetAsync(ImapResponseWriter writer, UidSet set, CancellationToken cancel)
    {
        writer.Write(" ALL "u8);
        for (int i = 0; i < set.Ranges.Count; i++)
        {
            UidRange range = set.Ranges[i];
            if (i > 0)
            {
                writer.Write((byte)',');
            }

            writer.Number(range.First);
            if (range.Last != range.First)
            {
                writer.Write((byte)':');
                writer.Number(range.Last);
            }

            await writer.FlushIfLargeAsync(cancel);
        }
    }

    // search-return-opts = SP "RETURN" SP "(" [search-return-opt *(SP search-return-opt)] ")"
    private static SearchReturn ReadReturn(ref ImapReader reader)
    {
        SearchReturn returned = SearchReturn.None;
        reader.Space();
        reader.Expect((byte)'(');
        if (reader.TryRead((byte)')'))
        {
            return returned;
        }

        do
        {
            returned |= reader.TryKeyword("MIN"u8) ? SearchReturn.Min
                : reader.TryKeyword("MAX"u8) ? SearchReturn.Max
                : reader.TryKeyword("ALL"u8) ? SearchReturn.All
                : reader.TryKeyword("COUNT"u8) ? SearchReturn.Count
                : reader.TryKeyword("SAVE"u8) ? SearchReturn.Save
                : throw new ImapSyntaxException("That is no return option of SEARCH.");
        }
        while (reader.TrySpace());
        reader.Expect((byte)')');
        return returned;
    }
}
