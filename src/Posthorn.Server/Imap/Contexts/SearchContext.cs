using System.Collections;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Server.Imap.Fetching;
using Posthorn.Server.Imap.Searching;

namespace Posthorn.Server.Imap.Contexts;

/// <summary>A SEARCH whose result is kept up to date. Its order is that of the mailbox, so positions are 0 (RFC 5267 §4.3.3).</summary>
/// <param name="tag">Of the command that began it.</param>
/// <param name="key">What is searched for, with its sequence numbers bound to messages.</param>
/// <param name="byUid">UIDs are told.</param>
/// <param name="fetch">What is told of new messages that match; null: nothing.</param>
/// <param name="found">The result that the client was told.</param>
internal class SearchContext(byte[] tag, SearchKey key, bool byUid, FetchRequest? fetch, IEnumerable<uint> found)
{
    private readonly HashSet<uint> _found = [.. found];

    public ReadOnlySpan<byte> Tag => tag;

    public bool ByUid => byUid;

    public FetchRequest? Fetch => fetch;

    public bool Holds(uint uid) => _found.Contains(uid);

    /// <summary>Which of some messages match now; null: that could not be found out.</summary>
    public async ValueTask<HashSet<uint>?> MatchAsync(ImapSession session, UidSet uids, CancellationToken cancel)
    {
        MailboxSnapshot view = session.Selected!.View;
        var among = new SearchKey.Messages(new SequenceSet([.. uids.Ranges.Select(range => (range.First, range.Last))], byUid: true));
        SearchPlan plan = SearchPlan.MakeWithin(new SearchKey.And([among, key]), view, session.Account!.Id, UidSet.Empty, session.Services.Time.GetUtcNow());
        if (!(await new MailboxSearch(session, view, plan).FindAsync(cancel)).TryGet(out BitArray? matches, out _))
        {
            return null;
        }

        return [.. SearchResult.Positions(matches).Select(position => view[position].Uid)];
    }

    /// <summary>Takes messages out of the result.</summary>
    public virtual void Remove(IEnumerable<uint> uids, ContextResponse response)
    {
        foreach (uint uid in uids.ToArray())
        {
            _found.Remove(uid);
            response.Remove(0, uid);
        }
    }

    /// <summary>Puts messages into the result.</summary>
    /// <param name="uids">Ascending.</param>
    /// <param name="session">The session.</param>
    /// <param name="response">Tells them.</param>
    /// <param name="cancel">Ends the reading.</param>
    public virtual ValueTask AddAsync(ImapSession session, IReadOnlyList<uint> uids, ContextResponse response, CancellationToken cancel)
    {
        foreach (uint uid in uids)
        {
            _found.Add(uid);
            response.Add(0, uid);
        }

        return ValueTask.CompletedTask;
    }

    protected void Keep(uint uid) => _found.Add(uid);

    protected void Drop(uint uid) => _found.Remove(uid);
}
