namespace Posthorn.Core.Storage;

/// <summary>A body that counts other references than it has.</summary>
/// <param name="Kept">What it says; null: it is not there.</param>
/// <param name="Counted">What refers to it.</param>
internal sealed record WrongReferences(Guid Id, long? Kept, long Counted)
{
    public bool IsTooHigh => Kept > Counted;

    /// <param name="mayLower">No message has lost its contents. Where one has, nobody knows which body was its own: the sweep would take the octets that are left of it.</param>
    public StoreFinding ToFinding(bool repair, bool mayLower) => Kept is { } kept
        ? new StoreFinding(
            "references",
            $"body {Id:N} counts {kept} references, but has {Counted}{(repair && IsTooHigh && !mayLower ? ": not lowered, for rows that are missing may have referred to it" : "")}",
            repair && (mayLower || !IsTooHigh))
        : new StoreFinding("body", $"body {Id:N} has {Counted} references, but is missing: restore it from a backup", false);
}
