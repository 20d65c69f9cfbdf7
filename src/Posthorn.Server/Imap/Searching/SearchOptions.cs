using Posthorn.Server.Imap.Fetching;
using Posthorn.Server.Imap.Notifying;

namespace Posthorn.Server.Imap.Searching;

/// <summary>What RETURN asks of SEARCH and SORT.</summary>
/// <remarks>RFC 9051 §6.4.4, RFC 4731 §3.1; PARTIAL: RFC 9394 §3.1; of SORT: RFC 5267 §3.1; UPDATE, CONTEXT: RFC 5267 §4.2, §4.3, RFC 5465 §7.</remarks>
internal readonly record struct SearchOptions(SearchReturn Items, PartialRange Partial)
{
    public bool TellsRelevancy => Items.HasFlag(SearchReturn.Relevancy);

    /// <summary>UPDATE: what is told of new messages that match; null: nothing.</summary>
    public FetchRequest? Fetch { get; init; }

    public bool Updates => Items.HasFlag(SearchReturn.Update);

    /// <summary>RETURN () asks for ALL. The hint alone is none of what can be told.</summary>
    public SearchReturn Told => (Items & ~SearchReturn.Context) == SearchReturn.None ? SearchReturn.All : Items;

    public bool Saves => Items.HasFlag(SearchReturn.Save);

    // search-return-opts = SP "RETURN" SP "(" [search-return-opt *(SP search-return-opt)] ")"
    public static SearchOptions? TryRead(ref ImapReader reader)
    {
        if (!reader.TryKeyword("RETURN"u8))
        {
            return null;
        }

        SearchReturn items = SearchReturn.None;
        PartialRange partial = default;
        FetchRequest? fetch = null;
        reader.Space();
        reader.Expect((byte)'(');
        if (reader.TryRead((byte)')'))
        {
            return new SearchOptions(items, partial);
        }

        do
        {
            SearchReturn item = ReadItem(ref reader);
            if (item == SearchReturn.Partial)
            {
                // RFC 9394 §3.1: one PARTIAL at most.
                partial = items.HasFlag(item) ? throw new ImapSyntaxException("PARTIAL comes once.") : PartialRange.Read(ref reader);
            }

            // modifier-update = "UPDATE" ["(" fetch-att *(SP fetch-att) ")"]     RFC 5465 §8; its example has a space.
            if (item == SearchReturn.Update && (reader.IsNext((byte)'(') || reader.Rest.StartsWith(" ("u8)))
            {
                reader.TrySpace();
                fetch = EventGroup.ReadFetch(ref reader);
            }

            items |= item;
        }
        while (reader.TrySpace());
        reader.Expect((byte)')');
        return items.HasFlag(SearchReturn.Partial | SearchReturn.All)
            ? throw new ImapSyntaxException("PARTIAL and ALL do not go together.")
            : new SearchOptions(items, partial) { Fetch = fetch };
    }

    private static SearchReturn ReadItem(ref ImapReader reader) =>
        reader.TryKeyword("MIN"u8) ? SearchReturn.Min
        : reader.TryKeyword("MAX"u8) ? SearchReturn.Max
        : reader.TryKeyword("ALL"u8) ? SearchReturn.All
        : reader.TryKeyword("COUNT"u8) ? SearchReturn.Count
        : reader.TryKeyword("SAVE"u8) ? SearchReturn.Save
        : reader.TryKeyword("PARTIAL"u8) ? SearchReturn.Partial
        : reader.TryKeyword("RELEVANCY"u8) ? SearchReturn.Relevancy
        : reader.TryKeyword("UPDATE"u8) ? SearchReturn.Update
        : reader.TryKeyword("CONTEXT"u8) ? SearchReturn.Context
        : throw new ImapSyntaxException("That is no return option of SEARCH.");
}
