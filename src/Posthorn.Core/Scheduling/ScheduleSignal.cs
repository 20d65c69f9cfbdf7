namespace Posthorn.Core.Scheduling;

/// <summary>Wakes the scheduler when something was planned. Signals merge.</summary>
internal sealed class ScheduleSignal
{
    private TaskCompletionSource _raised = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Take it before looking at the plan: what comes after the look completes it.</summary>
    public Task Next => Volatile.Read(ref _raised).Task;

    public void Raise() => Interlocked.Exchange(ref _raised, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
}
