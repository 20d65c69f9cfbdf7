namespace Posthorn.Core.Accounts;

/// <summary>What an Argon2id hash costs.</summary>
/// <param name="MemoryKiB">Memory of one computation.</param>
/// <param name="Passes">Times it is gone over.</param>
/// <remarks>One lane: more would only let one sign-in take several processors.</remarks>
public sealed record Argon2Parameters(int MemoryKiB, int Passes)
{
    /// <summary>Above these a stored text is not ours; a computation never takes more.</summary>
    public const int MaxMemoryKiB = 1 << 20;
    public const int MaxPasses = 64;

    /// <summary>OWASP's Password Storage Cheat Sheet: 19 MiB, two passes, one lane.</summary>
    public static Argon2Parameters Default { get; } = new(19 * 1024, 2);

    /// <summary>RFC 9106 §3.1: at least 8 KiB.</summary>
    public bool IsValid =>
        Passes is >= 1 and <= MaxPasses && MemoryKiB is >= 8 and <= MaxMemoryKiB;
}
