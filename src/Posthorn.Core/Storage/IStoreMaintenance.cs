namespace Posthorn.Core.Storage;

/// <summary>Something the store says about itself that is not as it should be.</summary>
/// <param name="What">Short kind: integrity, counters, quota, references, body.</param>
/// <param name="IsRepaired">It was put right.</param>
public sealed record StoreFinding(string What, string Text, bool IsRepaired);

/// <summary>What needs the database itself: consistent copies, inner checks, trimming.</summary>
public interface IStoreMaintenance
{
    /// <summary>Why this store is not copied by Posthorn, and what to do instead; null: it is.</summary>
    string? CopyObjection { get; }

    /// <summary>Writes a consistent copy of the database while it is in use; <paramref name="path"/> must not exist.</summary>
    ValueTask CopyDatabaseAsync(string path, CancellationToken cancel);

    /// <summary>The database's own check of its pages and indexes.</summary>
    ValueTask<IReadOnlyList<string>> IntegrityAsync(CancellationToken cancel);

    /// <summary>Compares counters of mailboxes, usage of accounts and references of bodies with the rows they count; repairs them when asked.</summary>
    ValueTask<IReadOnlyList<StoreFinding>> CountersAsync(bool repair, CancellationToken cancel);

    /// <summary>Takes old entries out of the change log: older than <paramref name="before"/>, and beyond the newest <paramref name="keep"/> of an account.</summary>
    ValueTask<int> TrimChangesAsync(DateTimeOffset before, int keep, CancellationToken cancel);
}
