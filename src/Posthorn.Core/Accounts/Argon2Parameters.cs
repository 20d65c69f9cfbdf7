namespace Posthorn.Core.Accounts;

/// <summary>What an Argon2id hash costs.</summary>
/// <param name="MemoryKiB">Memory of one computation.</param>
/// <param name="Passes">Times it is gone over.</param>
/// <param name="Lanes">Computed side by side.</param>
public sealed record Argon2Parameters(int MemoryKiB, int Passes, int Lanes)
{
    /// <summary>Above these a stored text is not ours; a computation never takes more.</summary>
    public const int MaxMemoryKiB = 1 << 20;
    public const int MaxPasses = 64;
    public const int MaxLanes = 16;

    /// <summary>OWASP's Password Storage Cheat Sheet: 19 MiB, two passes, one lane.</summary>
    public static Argon2Parameters Default { get; } = new(19 * 1024, 2, 1);

    /// <summary>RFC 9106 §3.1: at least 8 KiB a lane.</summary>
    public bool IsValid =>
        Passes is >= 1 and <= MaxPasses && Lanes is >= 1 and <= MaxLanes && MemoryKiB >= 8 * Lanes && MemoryKiB <= MaxMemoryKiB;
}
