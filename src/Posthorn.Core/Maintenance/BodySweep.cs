using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Posthorn.Core.Bodies;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Maintenance;

/// <summary>
/// Removes what nobody can reach any more: bodies without a reference for an hour (the row first, in a transaction that looks again, then the octets), files
/// without a row for a day (uploads that a crash cut off), entries of the change log past their time. Who copies the store holds it off (<see cref="BodyHold"/>).
/// </summary>
public sealed partial class BodySweep : BackgroundService
{
    /// <summary>Between two sweeps.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);

    /// <summary>How long a body stays after its last reference went: a session may be reading it.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromHours(1);

    /// <summary>How old a file without a row must be: its transaction may be about to commit.</summary>
    public static readonly TimeSpan UploadGrace = TimeSpan.FromDays(1);

    /// <summary>The log serves clients that were away for so long.</summary>
    private static readonly TimeSpan ChangesKept = TimeSpan.FromDays(90);

    /// <summary>
    /// Between two looks at all files: what nothing names stays for a day anyway (<see cref="UploadGrace"/>), and all of them are asked for. Also soon after each start: a
    /// node that never runs for a day looks, too.
    /// </summary>
    private static readonly TimeSpan FilesInterval = TimeSpan.FromDays(1);

    private const int ChangesKeptAtLeast = 100_000;
    private const int PageSize = 200;

    /// <summary>Files whose rows are asked for at once.</summary>
    private const int FilesPageSize = 500;

    private readonly IStore _store;
    private readonly IStoreMaintenance _maintenance;
    private readonly IBlobStore _blobs;
    private readonly StoreUse _use;
    private readonly TimeProvider _time;
    private readonly ILogger<BodySweep> _log;

    /// <summary>When all files were looked at (<see cref="TimeProvider.GetTimestamp"/>); null: not since the start.</summary>
    private long? _filesSwept;

    internal BodySweep(IStore store, IStoreMaintenance maintenance, IBlobStore blobs, StoreUse use, TimeProvider time, ILogger<BodySweep> log) =>
        (_store, _maintenance, _blobs, _use, _time, _log) = (store, maintenance, blobs, use, time, log);

    /// <summary>One sweep, of rows and files. Returns how many bodies went.</summary>
    public Task<int> SweepAsync(CancellationToken cancel) => SweepAsync(withFiles: true, cancel);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await RunOnceAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The program stops.
        }
    }

    internal async Task RunOnceAsync(CancellationToken cancel)
    {
        try
        {
            await _use.NoteTimeAsync(cancel);
            int bodies = await SweepAsync(withFiles: _filesSwept is not { } swept || _time.GetElapsedTime(swept) >= FilesInterval, cancel);
            int changes = await _maintenance.TrimChangesAsync(_time.GetUtcNow() - ChangesKept, ChangesKeptAtLeast, cancel);
            if (bodies + changes > 0)
            {
                LogSwept(bodies, changes);
            }
        }
        catch (Exception failure) when (failure is StoreUnavailableException or IOException or UnauthorizedAccessException)
        {
            LogFailed(failure.Message);
        }
    }

    private async Task<int> SweepAsync(bool withFiles, CancellationToken cancel)
    {
        DateTimeOffset now = _time.GetUtcNow();
        if (await _store.ReadAsync(AccountId.Store, session => session.Bodies.AreHeldAsync(now), cancel))
        {
            return 0;
        }

        int bodies = await SweepRowsAsync(cancel);
        if (withFiles)
        {
            bodies += await SweepFilesAsync(cancel);
            _filesSwept = _time.GetTimestamp();
        }

        return bodies;
    }

    private async Task<int> SweepRowsAsync(CancellationToken cancel)
    {
        int swept = 0;
        while (true)
        {
            DateTimeOffset before = _time.GetUtcNow() - Grace;
            IReadOnlyList<StoredBody> bodies = await _store.ReadAsync(AccountId.Store, session => session.Bodies.UnreferencedAsync(before, PageSize), cancel);
            int gone = 0;
            foreach (StoredBody body in bodies)
            {
                DateTimeOffset now = _time.GetUtcNow();
                if (await _store.WriteAsync(ReadOnlyMemory<AccountId>.Empty, session => session.Bodies.DeleteUnreferencedAsync(body.Id, now), cancel))
                {
                    gone++;
                    await _blobs.DeleteAsync(body.Id, cancel);
                }
            }

            swept += gone;

            // None of a page went: somebody refers to them again, or holds them.
            if (bodies.Count < PageSize || gone == 0)
            {
                return swept;
            }
        }
    }

    private async Task<int> SweepFilesAsync(CancellationToken cancel)
    {
        int swept = 0;
        var page = new List<BodyId>(FilesPageSize);
        DateTimeOffset before = _time.GetUtcNow() - UploadGrace;
        await foreach (ListedBody body in _blobs.ListAsync(cancel))
        {
            if (body.Uploaded >= before)
            {
                continue;
            }

            if (body.IsPart)
            {
                await _blobs.DeletePartAsync(body.Id, cancel);
                swept++;
            }
            else
            {
                page.Add(body.Id);
                if (page.Count == FilesPageSize)
                {
                    swept += await SweepUnknownAsync(page, cancel);
                    page.Clear();
                }
            }
        }

        return swept + (page.Count == 0 ? 0 : await SweepUnknownAsync(page, cancel));
    }

    /// <summary>Takes away those that have no row.</summary>
    private async Task<int> SweepUnknownAsync(List<BodyId> ids, CancellationToken cancel)
    {
        IReadOnlySet<BodyId> known = await _store.ReadAsync(AccountId.Store, session => session.Bodies.KnownAsync(ids), cancel);
        foreach (BodyId id in ids.Where(id => !known.Contains(id)))
        {
            await _blobs.DeleteAsync(id, cancel);
        }

        return ids.Count - known.Count;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Swept {Bodies} bodies and {Changes} entries of the change log")]
    private partial void LogSwept(int bodies, int changes);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The sweep failed and will be tried again: {Reason}")]
    private partial void LogFailed(string reason);
}
