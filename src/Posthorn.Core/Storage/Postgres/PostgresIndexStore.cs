using System.Collections.Concurrent;
using Posthorn.Core.Search.Index;

namespace Posthorn.Core.Storage.Postgres;

/// <summary>The search index in the database, for all nodes; each keeps copies of the segments that it searched in files, which can go at any time.</summary>
internal sealed class PostgresIndexStore(PostgresStore store, string dataFolder) : IIndexStore
{
    private readonly IndexFolder _copies = new(dataFolder);
    private readonly ConcurrentDictionary<AccountId, long> _generations = new();

    public bool HoldsCopies => true;

    public async ValueTask<IndexState> ReadAsync(AccountId account, CancellationToken cancel)
    {
        IndexState state = await store.ReadAsync(account, session => Segments(session).StateAsync(account), cancel);
        if (_generations.GetValueOrDefault(account) != state.Generation)
        {
            // Another node went on.
            _generations[account] = state.Generation;
            _copies.Keep(account, state.Segments);
        }

        return state;
    }

    public async ValueTask<bool> CommitAsync(
        AccountId account, IndexState before, IndexState after, (SegmentInfo Segment, byte[] File)? added, CancellationToken cancel)
    {
        bool isDone = await store.WriteAsync(
            default,
            async session =>
            {
                PostgresSegments segments = Segments((IReadSession)session);
                if (!await segments.TakeAsync(account, before, after))
                {
                    return false;
                }

                if (added is var (segment, file))
                {
                    segments.Insert(account, segment, after.Segments.Count, file);
                }

                segments.Keep(account, after);
                return true;
            },
            cancel);
        if (isDone && added is var (ofNode, octets))
        {
            await IndexFolder.WriteAsync(_copies.FileOf(account, ofNode.Id), octets, cancel);
        }

        return isDone;
    }

    public async ValueTask<string> FileAsync(AccountId account, SegmentInfo segment, CancellationToken cancel)
    {
        string path = _copies.FileOf(account, segment.Id);
        if (!File.Exists(path))
        {
            byte[] octets = await store.ReadAsync(account, session => Segments(session).OctetsAsync(account, segment.Id), cancel)
                ?? throw new FileNotFoundException("The segment is no more.", path);
            await IndexFolder.WriteAsync(path, octets, cancel);
        }

        return path;
    }

    public void ForgetCopies(AccountId account) => _copies.Drop(account);

    public async ValueTask DropAsync(AccountId account, CancellationToken cancel)
    {
        await store.WriteAsync(
            default,
            session =>
            {
                Segments((IReadSession)session).Drop(account);
                return ValueTask.FromResult(true);
            },
            cancel);
        _copies.Drop(account);
    }

    public async ValueTask<IReadOnlyList<AccountId>> AccountsAsync(CancellationToken cancel)
    {
        IReadOnlyList<AccountId> indexed = await store.ReadAsync(AccountId.Store, session => Segments(session).AccountsAsync(), cancel);
        return [.. indexed.Union(_copies.Accounts())];
    }

    private static PostgresSegments Segments(IReadSession session) => ((PostgresSession)session).Segments;
}
