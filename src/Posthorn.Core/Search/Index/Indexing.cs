using Posthorn.Core.Bodies;
using Posthorn.Core.Messages;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Search.Index;

/// <summary>Brings the index of an account up to date, from the messages themselves.</summary>
/// <remarks>
/// Ids of messages ascend with the commits of their account, so what is missing is what has a higher id than the index reached; the change log only says that there is something.
/// Two nodes that index one account do not disturb each other: the commit of the slower one is refused, and it goes on from there.
/// </remarks>
internal sealed class Indexing(SearchIndex index, IStore store, IBlobStore blobs)
{
    /// <summary>Rows, with their small bodies, that are read at a time.</summary>
    private const int PageSize = 50;

    private static readonly int Overlap = SearchText.Overlap(IndexTokens.Longest);

    /// <param name="progress">Messages indexed so far, by this call.</param>
    /// <param name="rest">Called between pieces of work; null: nobody is kept from anything by it.</param>
    /// <returns>Messages that it indexed.</returns>
    public async Task<long> RunAsync(AccountId account, IProgress<long>? progress, Func<CancellationToken, ValueTask>? rest, CancellationToken cancel)
    {
        string epoch = await index.EpochAsync(cancel);
        IndexState state = await StartAsync(account, epoch, cancel);
        long indexed = 0;
        while (true)
        {
            var builder = new SegmentBuilder();
            EmailId last = await FillAsync(account, builder, state.Reached, done => progress?.Report(indexed + done), rest, cancel);
            if (builder.Count == 0)
            {
                return indexed;
            }

            byte[] file = builder.Build();
            var segment = new SegmentInfo(Guid.CreateVersion7(), builder.Count, file.Length);
            IndexState after = state with { Generation = state.Generation + 1, Epoch = epoch, Reached = last, Segments = [.. state.Segments, segment] };
            if (!await index.Files.CommitAsync(account, state, after, (segment, file), cancel))
            {
                state = await StartAsync(account, epoch, cancel);
                continue;
            }

            indexed += builder.Count;
            state = await MergeAsync(account, after, rest, cancel);
            if (rest is not null)
            {
                await rest(cancel);
            }
        }
    }

    /// <summary>The index of now; one that is not of this store, or knows messages that this store has not given ids yet, is dropped.</summary>
    private async ValueTask<IndexState> StartAsync(AccountId account, string epoch, CancellationToken cancel)
    {
        IndexState state = await index.Files.ReadAsync(account, cancel);
        if (state.Generation == 0)
        {
            return state;
        }

        EmailId next = await store.ReadAsync(account, session => session.Messages.NextEmailAsync(account), cancel);
        if (state.Version == SegmentFormat.Version && state.Epoch == epoch && state.Reached.Value < next.Value)
        {
            return state;
        }

        await index.Files.DropAsync(account, cancel);
        return IndexState.None;
    }

    private async ValueTask<EmailId> FillAsync(
        AccountId account, SegmentBuilder builder, EmailId after, Action<int> done, Func<CancellationToken, ValueTask>? rest, CancellationToken cancel)
    {
        EmailId last = after;
        IReadOnlyList<Message> page;
        do
        {
            EmailId from = last;
            page = await store.ReadAsync(account, session => session.Messages.AboveAsync(account, from, PageSize), cancel);
            var contents = new MessageContents(store, blobs, account, page);
            foreach (Message row in page)
            {
                builder.Begin(row.Email, row.InternalDate);
                await AddAsync(builder, row, contents, cancel);
                last = row.Email;
                if (builder.IsFull)
                {
                    return last;
                }
            }

            done(builder.Count);
            if (rest is not null && page.Count == PageSize)
            {
                await rest(cancel);
            }
        }
        while (page.Count == PageSize);
        return last;
    }

    private static async ValueTask AddAsync(SegmentBuilder builder, Message row, MessageContents contents, CancellationToken cancel)
    {
        try
        {
            await using MessageContent? content = await contents.OpenAsync(row, cancel);
            if (content is null)
            {
                builder.MarkUncertain();
                return;
            }

            foreach (FieldText text in MessageTexts.Of(row, content, Overlap))
            {
                builder.Add(text.Field, SearchText.Fold(text.Text));
            }
        }
        catch (Exception damage) when (damage is InvalidDataException or StoreUnavailableException { IsDamaged: true })
        {
            // posthorn check names the body. The search meets it again, and answers as it does without the index.
            builder.MarkUncertain();
        }
    }

    private async ValueTask<IndexState> MergeAsync(AccountId account, IndexState state, Func<CancellationToken, ValueTask>? rest, CancellationToken cancel)
    {
        while (SegmentMerge.Choose(state.Segments) is > 0 and int count)
        {
            SegmentInfo[] merged = [.. state.Segments.TakeLast(count)];
            var files = new List<byte[]>();
            foreach (SegmentInfo segment in merged)
            {
                files.Add(await File.ReadAllBytesAsync(await index.Files.FileAsync(account, segment, cancel), cancel));
            }

            EmailId first = SegmentMerge.FirstOf(files[0]);
            IReadOnlyList<EmailId> present = await store.ReadAsync(account, session => session.Messages.IdsAsync(account, first, state.Reached), cancel);
            HashSet<EmailId> ids = [.. present];
            byte[]? file = SegmentMerge.Merge(files, ids.Contains, out int messages);
            (SegmentInfo Segment, byte[] File)? added = file is null ? null : (new SegmentInfo(Guid.CreateVersion7(), messages, file.Length), file);
            IReadOnlyList<SegmentInfo> kept = [.. state.Segments.SkipLast(count)];
            IndexState after = state with { Generation = state.Generation + 1, Segments = added is var (segmentOfAll, _) ? [.. kept, segmentOfAll] : kept };
            if (!await index.Files.CommitAsync(account, state, after, added, cancel))
            {
                return await index.Files.ReadAsync(account, cancel);
            }

            state = after;
            if (rest is not null)
            {
                await rest(cancel);
            }
        }

        return state;
    }
}
