namespace Posthorn.Core.Security;

/// <summary>A passkey of an account: a public key of WebAuthn.</summary>
/// <param name="Id">The credential id, chosen by the authenticator.</param>
/// <param name="PublicKey">COSE_Key (RFC 9052 §7).</param>
/// <param name="SignCount">Of the last assertion; authenticators that keep none say 0.</param>
/// <param name="IsBackedUp">It is synchronised: other devices of its owner have it too.</param>
public sealed record Passkey(
    byte[] Id, string Name, byte[] PublicKey, uint SignCount, IReadOnlyList<string> Transports, bool IsUserVerified, bool IsBackupEligible, bool IsBackedUp,
    DateTimeOffset Created, DateTimeOffset? Used)
{
    public override string ToString() => $"passkey {Name}";
}
