using Posthorn.Core.Storage.Copying;

namespace Posthorn.Core.Storage;

/// <summary>Something the store says about itself that is not as it should be.</summary>
/// <param name="What">Short kind: integrity, counters, quota, references, body, search.</param>
/// <param name="IsRepaired">It was put right.</param>
public sealed record StoreFinding(string What, string Text, bool IsRepaired);

/// <summary>What needs the database itself: consistent copies, inner checks, trimming.</summary>
internal interface IStoreMaintenance
{
    /// <summary>Writes a consistent copy of the database while it is in use, at one stroke; <paramref name="path"/> must not exist. False: this database is not one file, read its rows.</summary>
    ValueTask<bool> TryCopyDatabaseAsync(string path, CancellationToken cancel);

    /// <summary>One state of the database, to be copied row by row while it is in use.</summary>
    ValueTask<IRowSource> ReadRowsAsync(CancellationToken cancel);

    /// <summary>Somebody begins to work with the store: from now on it is no copy of another one (<see cref="StoreMark.Copied"/>).</summary>
    ValueTask ClaimAsync(CancellationToken cancel);

    /// <summary>The database's own check of its pages and indexes, and rows that name others which are gone.</summary>
    ValueTask<IReadOnlyList<string>> IntegrityAsync(CancellationToken cancel);

    /// <summary>
    /// Compares counters of mailboxes, usage of accounts and references of bodies with the rows they count; repairs them when asked, but lowers no references while rows
    /// are gone that may have been some of them.
    /// </summary>
    ValueTask<IReadOnlyList<StoreFinding>> CountersAsync(bool repair, CancellationToken cancel);

    ValueTask<Maintenance.StoreSizes> SizesAsync(CancellationToken cancel);

    /// <summary>Takes old entries out of the change log: older than <paramref name="before"/>, and beyond the newest <paramref name="keep"/> of an account.</summary>
    ValueTask<int> TrimChangesAsync(DateTimeOffset before, int keep, CancellationToken cancel);
}
