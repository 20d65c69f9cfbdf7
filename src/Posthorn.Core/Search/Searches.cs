using Posthorn.Core.Access;
using Posthorn.Core.Bodies;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Core.Search.Index;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Search;

/// <summary>Finds messages of an account. The answer is the same with the index and without it, and however far the index has come.</summary>
public sealed class Searches
{
    /// <summary>Hits of one page.</summary>
    public const int MaxPage = 200;

    /// <summary>Texts of one search that the index is asked for; of more the messages decide.</summary>
    private const int MaxQueries = 64;

    /// <summary>Rows that are read at a time while a page fills.</summary>
    private const int BatchSize = 64;

    /// <summary>Of more candidates it is cheaper to read the places of all messages than to look for each.</summary>
    private const int ManyCandidates = 4_000;

    private const MessageFields Fields = MessageFields.Envelope | MessageFields.Structure | MessageFields.Preview | MessageFields.Content;

    private readonly IStore _store;
    private readonly IBlobStore _blobs;
    private readonly SearchIndex _index;

    internal Searches(IStore store, IBlobStore blobs, SearchIndex index) => (_store, _blobs, _index) = (store, blobs, index);

    /// <summary>Messages that a query finds, the newest first, a page at a time.</summary>
    public async ValueTask<Result<SearchHits>> FindAsync(Actor actor, AccountId account, SearchQuery query, SearchPage page, CancellationToken cancel)
    {
        if (Rights.Check(actor, account, Right.Read) is { } refusal)
        {
            return refusal;
        }

        IReadOnlyList<Mailbox> mailboxes = await _store.ReadAsync(account, session => session.Mailboxes.ListAsync(account), cancel);
        var filter = new PlaceFilter(query, mailboxes);
        var match = new TermMatch(query.Terms.OfType<SearchTerm.Text>());
        SearchCandidates candidates = await CandidatesAsync(account, filter, match, page.After, cancel);
        int size = Math.Clamp(page.Size, 1, MaxPage);
        var hits = new List<SearchHit>();
        while (hits.Count <= size && candidates.Count > 0)
        {
            foreach ((SearchCandidate candidate, SearchHit hit) in await ReadAsync(account, filter, candidates.Take(BatchSize), cancel))
            {
                if (hits.Count <= size && filter.Holds(hit.Message) && (candidate.IsSure || await TestAsync(account, match, hit.Message, cancel)))
                {
                    hits.Add(hit);
                }
            }
        }

        SearchHit[] shown = [.. hits.Take(size)];
        SearchPosition? next = hits.Count > size ? new SearchPosition(shown[^1].Message.InternalDate, shown[^1].Message.Email) : null;
        return new SearchHits(shown, next, query.Words);
    }

    /// <summary>Asks the index about messages of a mailbox. Null: there is no index, and all have to be looked at.</summary>
    public async ValueTask<Result<IndexedTexts?>> LookUpAsync(
        Actor actor, AccountId account, MailboxId mailbox, UidSet uids, IReadOnlyList<TextQuery> queries, CancellationToken cancel)
    {
        // The index knows all of the account; of its answer nothing is told but what is said of these messages of this mailbox.
        if (await _store.ReadAsync(account, session => Rights.CheckAsync(session, actor, account, mailbox, Right.Read), cancel) is { } refusal)
        {
            return refusal;
        }

        if (await _index.AskAsync(account, [.. queries.Take(MaxQueries)], cancel) is not { } answers)
        {
            return new Result<IndexedTexts?>(null);
        }

        IReadOnlyList<FiledMessage> filed = await _store.ReadAsync(account, session => session.Messages.FiledAsync(account, mailbox, uids), cancel);
        return new IndexedTexts(filed, answers);
    }

    /// <summary>What may match, each message once.</summary>
    private async ValueTask<SearchCandidates> CandidatesAsync(
        AccountId account, PlaceFilter filter, TermMatch match, SearchPosition? after, CancellationToken cancel)
    {
        IndexAnswers? answers = await _index.AskAsync(account, match.Queries, cancel);
        var candidates = new SearchCandidates();
        for (int message = 0; message < (answers?.Messages.Count ?? 0); message++)
        {
            IndexedMessage indexed = answers!.Messages[message];
            var position = new SearchPosition(indexed.Received, indexed.Email);
            if (IsWanted(position) && match.Test(answers, message) is not false and var answer && filter.Holds(indexed.Received))
            {
                candidates.Add(new SearchCandidate(position, IsSure: answer == true));
            }
        }

        if (filter.IsSelective && candidates.Count > ManyCandidates)
        {
            candidates.Keep(await PlacedAsync(account, filter, cancel));
        }

        foreach (SearchPosition position in (await UnindexedAsync(account, filter, answers?.Reached ?? default, cancel)).Where(IsWanted))
        {
            candidates.Add(new SearchCandidate(position, IsSure: false));
        }

        return candidates;

        bool IsWanted(SearchPosition position) => after is not { } last || last.IsBefore(position);
    }

    /// <summary>Messages that are where the query wants them.</summary>
    private async ValueTask<HashSet<EmailId>> PlacedAsync(AccountId account, PlaceFilter filter, CancellationToken cancel)
    {
        var placed = new HashSet<EmailId>();
        foreach (MailboxId mailbox in filter.Mailboxes)
        {
            IReadOnlyList<FiledMessage> filed = await _store.ReadAsync(account, session => session.Messages.FiledAsync(account, mailbox, UidSet.All), cancel);
            placed.UnionWith(filed.Where(filter.Holds).Select(static message => message.Email));
        }

        return placed;
    }

    /// <summary>Messages that came after what the index has reached; without one, all.</summary>
    private async ValueTask<List<SearchPosition>> UnindexedAsync(AccountId account, PlaceFilter filter, EmailId reached, CancellationToken cancel)
    {
        var found = new List<SearchPosition>();
        IReadOnlyList<EmailId> ids = await _store.ReadAsync(
            account, session => session.Messages.IdsAsync(account, new EmailId(reached.Value + 1), new EmailId(uint.MaxValue)), cancel);
        foreach (EmailId[] page in ids.Chunk(Messages.Messages.ReadAtMost))
        {
            IReadOnlyList<FiledPlace> places = await PlacesAsync(account, filter, page, cancel);
            foreach (IGrouping<MailboxId, FiledPlace> group in places.DistinctBy(static place => place.Message.Email).GroupBy(static place => place.Mailbox))
            {
                IReadOnlyList<Message> rows = await RowsAsync(account, group, MessageFields.None, cancel);
                found.AddRange(rows.Where(row => filter.Holds(row.InternalDate))
                    .Select(static row => new SearchPosition(row.InternalDate, row.Email)));
            }
        }

        return found;
    }

    /// <summary>The rows of a batch, in its order; what is gone, or nowhere that the query wants, is not among them.</summary>
    private async ValueTask<IReadOnlyList<(SearchCandidate Candidate, SearchHit Hit)>> ReadAsync(
        AccountId account, PlaceFilter filter, IReadOnlyList<SearchCandidate> batch, CancellationToken cancel)
    {
        IReadOnlyList<FiledPlace> places = await PlacesAsync(account, filter, [.. batch.Select(static candidate => candidate.Position.Email)], cancel);
        var hits = new Dictionary<EmailId, SearchHit>();
        foreach (IGrouping<MailboxId, FiledPlace> group in places.DistinctBy(static place => place.Message.Email).GroupBy(static place => place.Mailbox))
        {
            foreach (Message row in await RowsAsync(account, group, Fields, cancel))
            {
                hits[row.Email] = new SearchHit(filter[group.Key], row);
            }
        }

        return [.. batch.Where(candidate => hits.ContainsKey(candidate.Position.Email)).Select(candidate => (candidate, hits[candidate.Position.Email]))];
    }

    private async ValueTask<IReadOnlyList<FiledPlace>> PlacesAsync(AccountId account, PlaceFilter filter, IReadOnlyList<EmailId> emails, CancellationToken cancel)
    {
        IReadOnlyList<FiledPlace> places = await _store.ReadAsync(account, session => session.Messages.PlacesAsync(account, emails), cancel);
        return [.. places.Where(filter.Holds)];
    }

    private ValueTask<IReadOnlyList<Message>> RowsAsync(AccountId account, IGrouping<MailboxId, FiledPlace> places, MessageFields fields, CancellationToken cancel)
    {
        UidSet uids = UidSet.From(places.Select(static place => place.Message.Uid));
        return _store.ReadAsync(account, session => session.Messages.ReadAsync(account, places.Key, uids, fields, (int)uids.Count), cancel);
    }

    private async ValueTask<bool> TestAsync(AccountId account, TermMatch match, Message row, CancellationToken cancel)
    {
        if (match.Test(row) is { } byRow)
        {
            return byRow;
        }

        StoredBody? body = await _store.ReadAsync(account, session => session.Bodies.GetAsync(row.Body), cancel);
        await using MessageContent? content = body is null ? null : await BodyReading.OpenAsync(_blobs, row.Prefix!, body, cancel);
        return content is not null && match.Test(row, content);
    }
}
