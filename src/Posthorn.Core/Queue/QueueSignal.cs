namespace Posthorn.Core.Queue;

/// <summary>Wakes who delivers when something was queued. Signals merge.</summary>
internal sealed class QueueSignal
{
    private TaskCompletionSource _raised = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Take it before looking at the queue: what comes after the look completes it.</summary>
    public Task Next => Volatile.Read(ref _raised).Task;

    public void Raise() => Interlocked.Exchange(ref _raised, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
}
