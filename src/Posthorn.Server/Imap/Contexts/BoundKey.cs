using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Server.Imap.Searching;

namespace Posthorn.Server.Imap.Contexts;

/// <summary>A search key that means the same tomorrow: sequence numbers and $ are the messages that they named when the command came (RFC 5267 §4.3).</summary>
internal static class BoundKey
{
    private static readonly SearchKey Nothing = new SearchKey.Not(new SearchKey.All());

    public static SearchKey Of(SearchKey key, MailboxSnapshot view, UidSet saved) => key switch
    {
        SearchKey.Messages { Set: { ByUid: false } or { IsSavedSearch: true } } messages => Bind(messages.Set, view, saved),
        SearchKey.Fuzzy fuzzy => new SearchKey.Fuzzy(Of(fuzzy.Key, view, saved)),
        SearchKey.Not not => new SearchKey.Not(Of(not.Key, view, saved)),
        SearchKey.Or or => new SearchKey.Or(Of(or.Left, view, saved), Of(or.Right, view, saved)),
        SearchKey.And and => new SearchKey.And([.. and.Keys.Select(one => Of(one, view, saved))]),
        _ => key,
    };

    private static SearchKey Bind(SequenceSet set, MailboxSnapshot view, UidSet saved)
    {
        UidSet uids = SequenceSet.Uids(view, set.ResolveWithin(view, saved));
        return uids.IsEmpty ? Nothing : new SearchKey.Messages(new SequenceSet([.. uids.Ranges.Select(range => (range.First, range.Last))], byUid: true));
    }
}
