namespace Posthorn.Core;

/// <summary>
/// The store cannot take or give what was asked for now: a full disk, a lost database. Nothing of the operation was kept;
/// the same call may succeed later. Protocols answer with their temporary error (451/452, NO [UNAVAILABLE], -ERR [SYS/TEMP]).
/// </summary>
public sealed class StoreUnavailableException(string message, bool isFull, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The disk or the quota of the file system is used up (452 rather than 451).</summary>
    public bool IsFull { get; } = isFull;

    /// <summary>Octets are there, but not those that were stored.</summary>
    public bool IsDamaged { get; init; }

    /// <summary>
    /// The database was lost during the commit and could not be asked, or the disk did not say whether it has the commit: the operation may have been kept after all. Octets
    /// that it refers to must stay.
    /// </summary>
    public bool IsOutcomeOpen { get; init; }
}
