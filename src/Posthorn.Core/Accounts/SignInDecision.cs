namespace Posthorn.Core.Accounts;

/// <summary>Whether a password is looked at at all.</summary>
public abstract record SignInDecision
{
    private SignInDecision()
    {
    }

    public sealed record Allowed : SignInDecision;

    /// <summary>Refuse without checking; the client may come again after this time.</summary>
    public sealed record TryLater(TimeSpan After) : SignInDecision;
}
