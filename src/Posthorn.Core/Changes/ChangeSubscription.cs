namespace Posthorn.Core.Changes;

/// <summary>One subscriber's signal: set by commits, reset by the subscriber before it reads the new state.</summary>
public sealed class ChangeSubscription : IDisposable
{
    private readonly ChangeFeed _feed;
    private readonly Lock _gate = new();
    private TaskCompletionSource? _waiting;
    private bool _signalled;

    internal ChangeSubscription(ChangeFeed feed, AccountId account) => (_feed, Account) = (feed, account);

    public AccountId Account { get; }

    /// <summary>True when something was committed since the last <see cref="Reset"/> (or since the subscription began).</summary>
    public bool IsSignalled => Volatile.Read(ref _signalled);

    /// <summary>Call before reading the state that is to be brought up to date.</summary>
    public void Reset()
    {
        lock (_gate)
        {
            _signalled = false;
        }
    }

    /// <summary>Completes at the next signal; at once when already signalled. The same task serves until then, so waiting again costs nothing.</summary>
    public Task WaitAsync(CancellationToken cancel)
    {
        Task wait;
        lock (_gate)
        {
            if (_signalled)
            {
                return Task.CompletedTask;
            }

            // Continuations must not run on the thread that commits.
            _waiting ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            wait = _waiting.Task;
        }

        return cancel.CanBeCanceled ? wait.WaitAsync(cancel) : wait;
    }

    public void Dispose() => _feed.Remove(this);

    internal void Signal()
    {
        TaskCompletionSource? waiting;
        lock (_gate)
        {
            _signalled = true;
            (waiting, _waiting) = (_waiting, null);
        }

        waiting?.SetResult();
    }
}
