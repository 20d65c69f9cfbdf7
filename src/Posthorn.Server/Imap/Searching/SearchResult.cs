using System.Collections;
using Posthorn.Core;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;

namespace Posthorn.Server.Imap.Searching;

/// <summary>The messages a search found, in the forms in which they are told.</summary>
/// <param name="found">By position in the view.</param>
/// <param name="byUid">UID SEARCH: UIDs are told, not sequence numbers.</param>
internal sealed class SearchResult(MailboxSnapshot view, BitArray found, bool byUid)
{
    private readonly int _first = FirstOf(found);

    public bool IsEmpty => _first < 0;

    public bool ByUid => byUid;

    public uint Min => NumberAt(_first);

    public uint Max => NumberAt(LastOf(found));

    public int Count
    {
        get
        {
            int count = 0;
            for (int i = Math.Max(_first, 0); i < found.Length; i++)
            {
                count += found[i] ? 1 : 0;
            }

            return count;
        }
    }

    public IEnumerable<uint> Numbers
    {
        get
        {
            int position = 0;
            foreach (MessageEntry entry in view.Enumerate())
            {
                if (found[position++])
                {
                    yield return byUid ? entry.Uid : (uint)position;
                }
            }
        }
    }

    /// <summary>Numbers as a set: no range spans what was not found.</summary>
    public UidSet Set
    {
        get
        {
            var set = new UidSet.Builder();
            foreach (uint number in Numbers)
            {
                set.Add(number);
            }

            return set.Build();
        }
    }

    /// <summary>What <c>$</c> is from now on: with MIN or MAX and neither ALL nor COUNT, only those (RFC 9051 §6.4.4.1).</summary>
    public UidSet Saved(SearchReturn returned)
    {
        SearchReturn ends = returned & (SearchReturn.Min | SearchReturn.Max);
        if (IsEmpty)
        {
            return UidSet.Empty;
        }

        if (ends == 0 || (returned & (SearchReturn.All | SearchReturn.Count)) != 0)
        {
            return new SearchResult(view, found, byUid: true).Set;
        }

        var saved = new UidSet.Builder();
        if (ends.HasFlag(SearchReturn.Min))
        {
            saved.Add(view[_first].Uid);
        }

        if (ends.HasFlag(SearchReturn.Max))
        {
            saved.Add(view[LastOf(found)].Uid);
        }

        return saved.Build();
    }

    /// <summary>The highest modseq of what is told: of all found, or of MIN and MAX where only those are (RFC 7162 §3.1.10).</summary>
    public ModSeq HighestModSeq(SearchReturn returned)
    {
        SearchReturn ends = returned & (SearchReturn.Min | SearchReturn.Max);
        if (ends != 0 && (returned & (SearchReturn.All | SearchReturn.Count)) == 0)
        {
            ModSeq first = view[_first].ModSeq, last = view[LastOf(found)].ModSeq;
            return ends == SearchReturn.Min || (ends.HasFlag(SearchReturn.Min) && first > last) ? first : last;
        }

        ModSeq highest = default;
        int position = 0;
        foreach (MessageEntry entry in view.Enumerate())
        {
            highest = found[position++] && entry.ModSeq > highest ? entry.ModSeq : highest;
        }

        return highest;
    }

    private uint NumberAt(int position) => byUid ? view[position].Uid : (uint)position + 1;

    private static int FirstOf(BitArray found)
    {
        int position = 0;
        while (position < found.Length && !found[position])
        {
            position++;
        }

        return position < found.Length ? position : -1;
    }

    private static int LastOf(BitArray found)
    {
        int position = found.Length - 1;
        while (position >= 0 && !found[position])
        {
            position--;
        }

        return position;
    }
}
