namespace Posthorn.Core.Forwarding;

/// <summary>How an account's mail is forwarded.</summary>
/// <param name="Addresses">The oldest first; those that are not confirmed too.</param>
/// <param name="KeepsCopy">What goes on stays here, too.</param>
/// <param name="IsBarred">An administrator does not allow it: nothing goes on.</param>
public sealed record ForwardingState(IReadOnlyList<ForwardAddress> Addresses, bool KeepsCopy, bool IsBarred)
{
    public bool IsOn => !IsBarred && Addresses.Any(static address => address.IsConfirmed);
}
