namespace Posthorn.Core.Accounts;

/// <summary>Computes password hashes beside the threads that serve connections, a few at a time.</summary>
/// <remarks>A flood of sign-ins waits here without memory of its own: never more than <see cref="Concurrency"/> times the memory of one hash is in use.</remarks>
public sealed class PasswordVerifier : IDisposable
{
    private readonly SemaphoreSlim _slots;
    private readonly PasswordHash _unmatched;
    private long _computed;

    public PasswordVerifier(Argon2Parameters parameters)
        : this(parameters, Environment.ProcessorCount)
    {
    }

    /// <param name="concurrency">More than processors only takes more memory.</param>
    public PasswordVerifier(Argon2Parameters parameters, int concurrency)
    {
        Parameters = parameters;
        Concurrency = concurrency;
        _slots = new SemaphoreSlim(concurrency, concurrency);
        _unmatched = PasswordHash.Unmatched(parameters);
    }

    public Argon2Parameters Parameters { get; }

    public int Concurrency { get; }

    /// <summary>Hashes so far: each costs the time and the memory of <see cref="Parameters"/>.</summary>
    public long Computed => Interlocked.Read(ref _computed);

    /// <summary>The text to store.</summary>
    /// <exception cref="ArgumentException">SASLprep refuses the password, or leaves nothing of it.</exception>
    public ValueTask<string> HashAsync(string password, CancellationToken cancel) =>
        RunAsync(() => PasswordHash.Create(password, Parameters).Format(), cancel);

    /// <summary>
    /// Whether the password is the one of the stored text. Null (an unknown user) and a text that cannot be read cost the same and are false.
    /// </summary>
    public ValueTask<bool> VerifyAsync(string? storedHash, string password, CancellationToken cancel)
    {
        PasswordHash hash = PasswordHash.TryParse(storedHash, out PasswordHash? stored) ? stored : _unmatched;
        return RunAsync(() => hash.Matches(password), cancel);
    }

    /// <summary>The stored text has other parameters than hashes have now.</summary>
    public bool NeedsRehash(string storedHash) => !PasswordHash.TryParse(storedHash, out PasswordHash? hash) || hash.NeedsRehash(Parameters);

    public void Dispose() => _slots.Dispose();

    private async ValueTask<T> RunAsync<T>(Func<T> compute, CancellationToken cancel)
    {
        await _slots.WaitAsync(cancel);
        try
        {
            Interlocked.Increment(ref _computed);
            // A thread of its own: on a small machine a few hashes would hold every thread of the pool, and no connection would be read.
            return await Task.Factory.StartNew(compute, cancel, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        finally
        {
            _slots.Release();
        }
    }
}
