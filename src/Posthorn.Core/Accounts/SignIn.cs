using Posthorn.Core.Security;

namespace Posthorn.Core.Accounts;

/// <summary>What a sign-in came to.</summary>
public abstract record SignIn
{
    private SignIn()
    {
    }

    public sealed record Accepted(Account Account) : SignIn
    {
        /// <summary>The app password that it was done with; null: another way.</summary>
        public AppPassword? App { get; init; }

        /// <summary>With what, as the history names it; null: the password.</summary>
        public string? By { get; init; }

        /// <summary><see cref="SignedInSessions.Changes"/> before the account was looked up; -1: not known.</summary>
        internal long Changes { get; init; } = -1;

        /// <summary>What it allows.</summary>
        public AppScopes? Scopes => App?.Scopes;
    }

    /// <summary>The password is right, and a second step is missing: see <see cref="TwoStep"/>. Nobody is signed in yet.</summary>
    public sealed record SecondStep(Account Account) : SignIn;

    /// <summary>Wrong password, unknown or disabled account, or a password that does not open this door: one answer for all.</summary>
    public sealed record Wrong : SignIn;

    /// <summary>Too many failures from there; the password was not looked at.</summary>
    public sealed record TryLater(TimeSpan After) : SignIn;
}
