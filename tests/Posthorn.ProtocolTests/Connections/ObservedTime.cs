using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;

namespace Posthorn.ProtocolTests.Connections;

/// <summary>A clock that only tests move, and that tells when the server has begun to wait: a limit not armed yet cannot run out.</summary>
internal sealed class ObservedTime(DateTimeOffset start) : FakeTimeProvider(start)
{
    private readonly ConcurrentDictionary<TimeSpan, SemaphoreSlim> _armed = new();

    /// <summary>Waits until a timer of this length was armed; each arming counts once.</summary>
    public Task ArmedAsync(TimeSpan limit) => Armings(limit).WaitAsync(TestContext.Current.CancellationToken);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ObservedTimer(this, base.CreateTimer(callback, state, dueTime, period));
        Armings(dueTime).Release();
        return timer;
    }

    private SemaphoreSlim Armings(TimeSpan limit) => _armed.GetOrAdd(limit, static _ => new SemaphoreSlim(0));

    private sealed class ObservedTimer(ObservedTime time, ITimer timer) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            var changed = timer.Change(dueTime, period);
            time.Armings(dueTime).Release();
            return changed;
        }

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();
    }
}
