namespace Posthorn.Core.Security;

/// <summary>How an account is guarded, as stored; an account without a row has <see cref="None"/>.</summary>
/// <param name="AppsOnly">Mail apps get in by app passwords alone.</param>
/// <param name="Totp">The shared secret of two-step sign-in (RFC 6238); null: off. A secret.</param>
/// <param name="TotpStep">The last time step a code was taken of: none of it or before is taken again.</param>
/// <param name="TotpSince">When two-step was turned on.</param>
public sealed record SecurityRow(bool AppsOnly, byte[]? Totp, long TotpStep, DateTimeOffset? TotpSince)
{
    public static readonly SecurityRow None = new(false, null, 0, null);

    public bool HasTwoStep => Totp is not null;

    /// <summary>The password of the account does not open mail protocols: they have no second step.</summary>
    public bool KeepsPasswordFromApps => AppsOnly || HasTwoStep;

    public override string ToString() => $"apps only: {AppsOnly}, two-step: {HasTwoStep}";
}
