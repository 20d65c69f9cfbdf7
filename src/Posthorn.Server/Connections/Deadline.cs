namespace Posthorn.Server.Connections;

/// <summary>A time limit that one wait after another uses: one timer, made at the first wait that is not over at once.</summary>
/// <remarks>Arm and Disarm belong to the waiting side. A callback that comes late, after its wait was over, never ends the next wait.</remarks>
internal sealed class Deadline(TimeProvider time, Action onExpired) : IDisposable
{
    private const int Idle = 0, Armed = 1, Expired = 2;

    // Timers may fire a tick of the system's clock early.
    private static readonly TimeSpan Tolerance = TimeSpan.FromMilliseconds(50);

    private ITimer? _timer;
    private long _armedAt;
    private long _timeoutTicks;
    private int _state;

    public void Arm(TimeSpan timeout)
    {
        Volatile.Write(ref _timeoutTicks, timeout.Ticks);
        Volatile.Write(ref _armedAt, time.GetTimestamp());
        Volatile.Write(ref _state, Armed);
        if (_timer is not null)
        {
            _timer.Change(timeout, Timeout.InfiniteTimeSpan);
            return;
        }
        // Lives as long as the connection, so it must not keep alive what the first waiter had in its execution context.
        using (ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow())
        {
            _timer = time.CreateTimer(static state => ((Deadline)state!).Fire(), this, timeout, Timeout.InfiniteTimeSpan);
        }
    }

    /// <returns>True when the time was over before the wait was.</returns>
    public bool Disarm()
    {
        _timer!.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        return Interlocked.Exchange(ref _state, Idle) == Expired;
    }

    private void Fire()
    {
        var left = TimeSpan.FromTicks(Volatile.Read(ref _timeoutTicks)) - time.GetElapsedTime(Volatile.Read(ref _armedAt));
        if (left > Tolerance)
        {
            if (Volatile.Read(ref _state) == Armed)
            {
                _timer?.Change(left, Timeout.InfiniteTimeSpan);
            }
        }
        else if (Interlocked.CompareExchange(ref _state, Expired, Armed) == Armed)
        {
            onExpired();
        }
    }

    public void Dispose() => _timer?.Dispose();
}
