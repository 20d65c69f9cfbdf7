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

    private const int ChangesKeptAtLeast = 100_000;
    private const int PageSize = 200;

    private readonly IStore _store;
    private readonly IStoreMaintenance _maintenance;
    private readonly IBlobStore _blobs;
    private readonly StoreUse _use;
    private readonly TimeProvider _time;
    private readonly ILogger<BodySweep> _log;

    internal BodySweep(IStore store, IStoreMaintenance maintenance, IBlobStore blobs, StoreUse use, TimeProvider time, ILogger<BodySweep> log) =>
        (_store, _maintenance, _blobs, _use, _time, _log) = (store, maintenance, blobs, use, time, log);

    /// <summary>One sweep. Returns how many bodies went.</summary>
    public async Task<int> SweepAsync(CancellationToken cancel)
    {
        DateTimeOffset now = _time.GetUtcNow();
        return await _store.ReadAsync(AccountId.Store, session => session.Bodies.AreHeldAsync(now), cancel)
            ? 0
            : await SweepRowsAsync(cancel) + await SweepFilesAsync(cancel);
    }

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

    private async Task RunOnceAsync(CancellationToken cancel)
    {
        try
        {
            await _use.NoteTimeAsync(cancel);
            int bodies = await SweepAsync(cancel);
            int changes = await _maintenance.TrimChangesAsync(_time.GetUtcNow() - ChangesKept, ChangesKeptAtLeast, cancel);
            if (bodies + changes > 0)
            {
                LogSwept(bodies, changes);
            }
        }
        catch (Exception failure) when (failure is StoreUnavailableException or IOException)
        {
            LogFailed(failure.Message);
        }
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
            else if (await _store.ReadAsync(AccountId.Store, session => session.Bodies.GetAsync(body.Id), cancel) is null)
            {
                await _blobs.DeleteAsync(body.Id, cancel);
                swept++;
            }
        }

        return swept;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Swept {Bodies} bodies and {Changes} entries of the change log")]
    private partial void LogSwept(int bodies, int changes);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The sweep failed and will be tried again: {Reason}")]
    private partial void LogFailed(string reason);
}
