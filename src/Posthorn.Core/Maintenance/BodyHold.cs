using Posthorn.Core.Storage;

namespace Posthorn.Core.Maintenance;

/// <summary>
/// While it lasts no body is swept, on any node: who copies a store names bodies that are released meanwhile. A row with an end, renewed while the work goes on, so that a
/// copy that was killed holds nothing for long.
/// </summary>
internal sealed class BodyHold : IAsyncDisposable
{
    /// <summary>How long it outlives its last renewal.</summary>
    public static readonly TimeSpan Length = TimeSpan.FromMinutes(10);

    private readonly IStore _store;
    private readonly TimeProvider _time;
    private readonly Guid _id = Guid.CreateVersion7();
    private readonly CancellationTokenSource _ended = new();
    private Task _renewing = Task.CompletedTask;

    private BodyHold(IStore store, TimeProvider time) => (_store, _time) = (store, time);

    /// <summary>When it returns, every sweep that had begun a body has ended it.</summary>
    public static async ValueTask<BodyHold> TakeAsync(IStore store, TimeProvider time, CancellationToken cancel)
    {
        var hold = new BodyHold(store, time);
        await hold.RenewAsync(cancel);
        hold._renewing = hold.KeepAsync();
        return hold;
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _renewing;
        _ended.Dispose();
        try
        {
            await _store.WriteAsync(default, async session => { await session.Bodies.EndHoldAsync(_id); return Done.Value; }, CancellationToken.None);
        }
        catch (StoreUnavailableException)
        {
            // It ends by itself.
        }
    }

    private async Task KeepAsync()
    {
        using var timer = new PeriodicTimer(Length / 4, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_ended.Token))
            {
                try
                {
                    await RenewAsync(_ended.Token);
                }
                catch (StoreUnavailableException)
                {
                    // The next time, or the copy itself, notices.
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The work is done.
        }
    }

    private async ValueTask RenewAsync(CancellationToken cancel)
    {
        DateTimeOffset until = _time.GetUtcNow() + Length;
        await _store.WriteAsync(default, async session => { await session.Bodies.HoldAsync(_id, until); return Done.Value; }, cancel);
    }
}
