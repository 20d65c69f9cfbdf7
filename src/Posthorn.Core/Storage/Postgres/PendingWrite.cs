namespace Posthorn.Core.Storage.Postgres;

/// <summary>A closure on its way into the database, and whoever waits for it.</summary>
internal abstract class PendingWrite
{
    // What follows must not run within the leader's flow.
    private readonly TaskCompletionSource<IReadOnlyList<PendingWrite>> _turn = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>See <see cref="AccountTurns.WaitAsync"/>.</summary>
    public Task<IReadOnlyList<PendingWrite>> Turn => _turn.Task;

    /// <summary>It was in a group of which one failed: it shares no transaction any more.</summary>
    public bool IsAlone { get; set; }

    /// <summary>Asks what the closure is going to ask.</summary>
    public abstract void Announce(IWriteSession session);

    /// <summary>May run more than once: the last result counts.</summary>
    public abstract ValueTask RunAsync(IWriteSession session);

    public void Lead(IReadOnlyList<PendingWrite> group) => _turn.SetResult(group);

    public void Committed() => _turn.SetResult([]);

    public void Fail(Exception failure) => _turn.SetException(failure);
}

/// <inheritdoc/>
internal sealed class PendingWrite<T>(Action<IWriteSession>? announce, Func<IWriteSession, ValueTask<T>> write) : PendingWrite
{
    /// <summary>Of a write that was committed.</summary>
    public T Result { get; private set; } = default!;

    public override void Announce(IWriteSession session) => announce?.Invoke(session);

    public override async ValueTask RunAsync(IWriteSession session) => Result = await write(session);
}
