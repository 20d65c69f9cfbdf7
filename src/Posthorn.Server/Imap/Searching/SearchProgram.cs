using System.Collections;
using System.Text;
using Posthorn.Core;
using Posthorn.Core.Messages;

namespace Posthorn.Server.Imap.Searching;

/// <summary>What SEARCH, SORT and THREAD have in common: the keys, and how they come to a result.</summary>
/// <param name="Key">What is searched for.</param>
/// <param name="IsCharsetKnown">False: the texts of the key were not read in their charset.</param>
internal sealed record SearchProgram(SearchKey Key, bool IsCharsetKnown)
{
    // search-criteria = charset 1*(SP search-key)     RFC 5256 §5
    public static SearchProgram Read(ref ImapReader reader)
    {
        Encoding? charset = SearchCharset.Find(reader.AString());
        reader.Space();
        return Read(ref reader, charset);
    }

    // search-program = ["CHARSET" SP charset SP] search-key *(SP search-key)     RFC 9051 §9
    public static SearchProgram ReadWithCharsetOption(ref ImapReader reader)
    {
        if (!reader.TryKeyword("CHARSET"u8))
        {
            return Read(ref reader, SearchCharset.Default);
        }

        // RFC 6855 §3: after ENABLE UTF8=ACCEPT the charset is known.
        if (reader.Dialect.HasFlag(ImapDialect.Utf8Accept))
        {
            throw new ImapSyntaxException("After ENABLE UTF8=ACCEPT a search is in UTF-8 and names no charset.");
        }

        reader.Space();
        return Read(ref reader);
    }

    /// <summary>RFC 6203 §4, §6: relevancy is asked for only together with FUZZY.</summary>
    /// <param name="isWanted">By a return option or a sort criterion.</param>
    public SearchProgram WithRelevancy(bool isWanted) =>
        isWanted && !Key.IsFuzzy ? throw new ImapSyntaxException("RELEVANCY goes with FUZZY alone.") : this;

    /// <summary>By position in the view of now. A refusal is to be replied.</summary>
    public async ValueTask<(BitArray? Found, ImapResult Refusal)> FindAsync(ImapSession session, CancellationToken cancel)
    {
        if (ObjectToNumbers(session) is { } numbers)
        {
            return (null, numbers);
        }

        if (!IsCharsetKnown)
        {
            return (null, ImapResult.No(ResponseCode.BadCharset, "That charset is not known here"));
        }

        if (Key.SpeaksOfModSeq)
        {
            session.EnableCondStore();
        }

        // What other sessions finished before this command came is searched too.
        await session.TellUpdatesAsync(expunges: false, cancel);
        if (session.Selected is not { } selected)
        {
            return (null, ImapResult.No(ResponseCode.Nonexistent, "The mailbox is gone"));
        }

        if (SearchPlan.Make(Key, selected.View, session.Account!.Id, selected.SavedSearch, session.Services.Time.GetUtcNow()) is not { } plan)
        {
            return (null, ImapResult.Bad("There is no message of that number."));
        }

        Result<BitArray> searched = await new MailboxSearch(session, selected.View, plan).FindAsync(cancel);
        return searched.TryGet(out BitArray? found, out Refusal? refusal) ? (found, default) : (null, ResponseCode.Refuse(refusal, ResponseCode.Nonexistent));
    }

    /// <summary>BAD where a client that speaks of UIDs only gave sequence numbers.</summary>
    public ImapResult? ObjectToNumbers(ImapSession session) => Key.SpeaksOfNumbers && session.Writer.Dialect.HasFlag(ImapDialect.UidOnly)
        ? ImapResult.Bad(ResponseCode.UidRequired, "UIDONLY is on: say UID before the set")
        : null;

    /// <summary>RFC 9051 §6.4.4.1: NO to a search that was to be saved leaves nothing saved.</summary>
    public static ImapResult Refuse(ImapSession session, SearchOptions? options, ImapResult refusal)
    {
        if (options is { Saves: true } && refusal.Status == ImapStatus.No && session.Selected is { } selected)
        {
            selected.SavedSearch = UidSet.Empty;
        }

        return refusal;
    }

    // In a charset that is not known the keys are read all the same: a command that is wrong is BAD, not NO.
    private static SearchProgram Read(ref ImapReader reader, Encoding? charset) =>
        new(new SearchKeyReader(charset ?? Encoding.Latin1).ReadAll(ref reader), charset is not null);
}
