namespace Posthorn.Core.Mailboxes;

/// <summary>
/// The older messages of a large mailbox, which most who open it never look at: how many they are is known, which they are is read when somebody asks. Snapshots share it until
/// a change touches it.
/// </summary>
/// <remarks>
/// It is read later than the snapshot it belongs to. What was expunged since is put back from the change log, so that positions are those of the snapshot; flags are those of
/// the time of reading, which nobody had been told of before.
/// </remarks>
internal sealed class SnapshotHead(int count, uint lastUid, Func<Task<MessageEntry[][]>> load)
{
    private readonly Lock _starting = new();
    private Task<MessageEntry[][]>? _reading;

    public int Count => count;

    /// <summary>Messages of the head have this UID at most, all others higher ones.</summary>
    public uint LastUid => lastUid;

    public bool IsLoaded => _reading is { IsCompletedSuccessfully: true };

    /// <summary>Whoever looks at older messages awaits <see cref="MailboxSnapshot.LoadAsync(CancellationToken)"/> before it. Who did not waits here with its thread: slower, but the same.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be read now.</exception>
    public MessageEntry[][] Chunks => LoadAsync().GetAwaiter().GetResult();

    /// <summary>Reads it at the first call; all who ask meanwhile wait for the same reading.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be read now; the next call tries again.</exception>
    public Task<MessageEntry[][]> LoadAsync()
    {
        lock (_starting)
        {
            return _reading is null or { IsFaulted: true } or { IsCanceled: true } ? _reading = Task.Run(load) : _reading;
        }
    }
}
