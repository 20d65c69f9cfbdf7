using Microsoft.Extensions.Time.Testing;

namespace Posthorn.ProtocolTests.Connections;

/// <summary>A clock that only tests move, and that tells when the server waits: a limit not armed yet cannot run out.</summary>
internal sealed class ObservedTime(DateTimeOffset start) : FakeTimeProvider(start)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TimeSpan, int> _armed = [];
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>
    /// Waits until a timer of this length runs. One that ran before and was stopped does not count: whether a wait had to begin for what had come already is chance.
    /// </summary>
    public async Task ArmedAsync(TimeSpan limit)
    {
        while (true)
        {
            Task more;
            lock (_gate)
            {
                if (_armed.GetValueOrDefault(limit) > 0)
                {
                    return;
                }

                more = _more.Task;
            }

            await more.WaitAsync(TestContext.Current.CancellationToken);
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ObservedTimer(this);
        timer.Begin(
            base.CreateTimer(
                given =>
                {
                    timer.Fired();
                    callback(given);
                },
                state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan),
            dueTime, period);
        return timer;
    }

    private void Count(TimeSpan limit, int change)
    {
        _armed[limit] = _armed.GetValueOrDefault(limit) + change;
        if (change > 0)
        {
            _more.SetResult();
            _more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private sealed class ObservedTimer(ObservedTime time) : ITimer
    {
        private ITimer _timer = null!;
        private TimeSpan? _running;
        private bool _repeats;
        private int _turn;

        public void Begin(ITimer timer, TimeSpan dueTime, TimeSpan period)
        {
            _timer = timer;
            Change(dueTime, period);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            int turn = Stop(period != Timeout.InfiniteTimeSpan);
            bool isChanged = _timer.Change(dueTime, period);
            lock (time._gate)
            {
                // Unless it has run out meanwhile, or somebody else changed it.
                if (isChanged && turn == _turn && dueTime != Timeout.InfiniteTimeSpan)
                {
                    _running = dueTime;
                    time.Count(dueTime, 1);
                }
            }

            return isChanged;
        }

        public void Fired()
        {
            if (!_repeats)
            {
                Stop(repeats: false);
            }
        }

        public void Dispose()
        {
            Stop(repeats: false);
            _timer.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Stop(repeats: false);
            return _timer.DisposeAsync();
        }

        private int Stop(bool repeats)
        {
            lock (time._gate)
            {
                _repeats = repeats;
                if (_running is { } limit)
                {
                    time.Count(limit, -1);
                    _running = null;
                }

                return ++_turn;
            }
        }
    }
}
