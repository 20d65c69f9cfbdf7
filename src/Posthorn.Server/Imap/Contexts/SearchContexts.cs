using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;

namespace Posthorn.Server.Imap.Contexts;

/// <summary>Searches of the selected mailbox whose results are kept up to date: RETURN (UPDATE).</summary>
/// <remarks>
/// RFC 5267 §4.3. A context holds what its client was told to be the result. What changes in the view is looked at again at the end of the command, and only
/// that; what goes leaves the results before its EXPUNGE is told, while its sequence number still counts.
/// </remarks>
internal sealed class SearchContexts
{
    /// <summary>Of one session: RFC 5267 §4.3.1 wants one at least.</summary>
    public const int Most = 16;

    private readonly List<SearchContext> _contexts = [];
    private readonly HashSet<uint> _touched = [];
    private readonly HashSet<uint> _new = [];

    public bool HasNews => _contexts.Count > 0 && _touched.Count > 0;

    public bool Has(ReadOnlySpan<byte> tag) => Find(tag) is not null;

    /// <summary>False: there are too many.</summary>
    public bool TryAdd(SearchContext context)
    {
        if (_contexts.Count == Most)
        {
            return false;
        }

        _contexts.Add(context);
        return true;
    }

    /// <summary>False: there is none of that tag.</summary>
    public bool Cancel(ReadOnlySpan<byte> tag) => Find(tag) is { } context && _contexts.Remove(context);

    /// <summary>Messages that are new, or whose flags changed.</summary>
    public void Touch(SnapshotChanges changes)
    {
        if (_contexts.Count == 0)
        {
            return;
        }

        _touched.UnionWith(changes.Changed.Select(message => message.Uid));
        _touched.UnionWith(changes.Added.Select(message => message.Uid));
        _new.UnionWith(changes.Added.Select(message => message.Uid));
    }

    /// <summary>REMOVEFROM of what went; numbers are those of the view before.</summary>
    public async ValueTask TellRemovedAsync(ImapSession session, UidSet vanished, MailboxSnapshot before, CancellationToken cancel)
    {
        foreach (SearchContext context in _contexts)
        {
            var response = new ContextResponse(session, context, before);
            context.Remove(vanished.Enumerate().Where(context.Holds), response);
            await response.WriteAsync(cancel);
        }
    }

    /// <summary>Searches what was touched again. What is new and matches is told by FETCH where the context wants it; then ADDTO and REMOVEFROM.</summary>
    /// <param name="own">New messages that this client made: it is told no more of them than that they belong to a result.</param>
    /// <param name="fetchNew">What else new messages are told of (NOTIFY).</param>
    /// <param name="session">The session.</param>
    /// <param name="cancel">Ends the reading.</param>
    public async ValueTask TellAsync(ImapSession session, UidSet own, NewMessages fetchNew, CancellationToken cancel)
    {
        MailboxSnapshot view = session.Selected!.View;
        var touched = new UidSet.Builder();
        foreach (uint uid in _touched.Order())
        {
            touched.Add(uid);
        }

        UidSet uids = touched.Build();
        var responses = new List<ContextResponse>();
        foreach (SearchContext context in _contexts)
        {
            if (await context.MatchAsync(session, uids, cancel) is not { } matches)
            {
                continue;
            }

            var response = new ContextResponse(session, context, view);
            context.Remove(uids.Enumerate().Where(uid => context.Holds(uid) && !matches.Contains(uid)), response);
            uint[] came = [.. matches.Where(uid => !context.Holds(uid)).Order()];
            await context.AddAsync(session, came, response, cancel);
            responses.Add(response);
            if (context.Fetch is { } fetch)
            {
                fetchNew.Add(came.Where(uid => _new.Contains(uid) && !own.Contains(uid)), fetch);
            }
        }

        _touched.Clear();
        _new.Clear();
        await fetchNew.TellAsync(session, cancel);
        foreach (ContextResponse response in responses)
        {
            await response.WriteAsync(cancel);
        }
    }

    private SearchContext? Find(ReadOnlySpan<byte> tag)
    {
        foreach (SearchContext context in _contexts)
        {
            if (tag.SequenceEqual(context.Tag))
            {
                return context;
            }
        }

        return null;
    }
}
