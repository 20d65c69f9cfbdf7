namespace Posthorn.Core.Changes;

/// <summary>
/// Tells who waits for changes of an account that there are some, after their commit. A signal carries no data and signals merge: the change
/// log and the snapshots say what changed, so a slow subscriber loses nothing and holds nobody up.
/// </summary>
public sealed class ChangeFeed
{
    /// <summary>Dispose the subscription to end it.</summary>
    public ChangeSubscription Subscribe(AccountId account) => throw new NotImplementedException();
}

/// <summary>One subscriber's signal.</summary>
public sealed class ChangeSubscription : IDisposable
{
    /// <summary>True when something was committed since the last <see cref="Reset"/> (or since the subscription began).</summary>
    public bool IsSignalled => throw new NotImplementedException();

    /// <summary>Call before reading the state that is to be brought up to date.</summary>
    public void Reset() => throw new NotImplementedException();

    /// <summary>Completes at the next signal; at once when already signalled.</summary>
    public Task WaitAsync(CancellationToken cancel) => throw new NotImplementedException();

    public void Dispose() => throw new NotImplementedException();
}
