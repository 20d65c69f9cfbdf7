namespace Posthorn.Core.Security;

/// <summary>A line of the log of sign-ins: tries that are alike within <see cref="SignInLog.OneLine"/> are one.</summary>
/// <param name="User">Address that was signed in to, known or not; empty: what was given is no address (people type passwords there).</param>
/// <param name="Address">Where from; empty: not known.</param>
/// <param name="Client">What it calls itself; empty: it did not say.</param>
/// <param name="Credential">Name of the app password or passkey; empty: the password.</param>
public sealed record SignInEvent(
    string User, string Protocol, string Address, string Client, string Credential, SignInOutcome Outcome, DateTimeOffset First, DateTimeOffset Last, long Times)
{
    public bool IsRefused => Outcome != SignInOutcome.Accepted;
}

/// <summary>What a sign-in came to. The numbers are stored.</summary>
public enum SignInOutcome
{
    Accepted = 0,
    WrongPassword = 1,
    NoSuchAccount = 2,
    Disabled = 3,

    /// <summary>The right password, which opens no mail protocol.</summary>
    AppPasswordOnly = 4,
    AppPasswordOver = 5,
    AppPasswordForOthers = 6,

    /// <summary>The password was not looked at.</summary>
    TooManyFailures = 7,
    WrongCode = 8,
    CertificateVoid = 9,
    PasswordChanged = 10,

    /// <summary>SCRAM does not tell the two apart.</summary>
    WrongPasswordOrNoAccount = 11,
    WrongPasskey = 12,
}

/// <summary>Reasons in words, for logs and the command line.</summary>
public static class SignInReasons
{
    /// <summary>Such as "wrong password".</summary>
    public static string Words(this SignInOutcome outcome, string? credential) => outcome switch
    {
        SignInOutcome.Accepted => "signed in",
        SignInOutcome.WrongPassword => "wrong password",
        SignInOutcome.NoSuchAccount => "there is no such account",
        SignInOutcome.Disabled => "the account is disabled",
        SignInOutcome.AppPasswordOnly => "mail apps get in by an app password only",
        SignInOutcome.AppPasswordOver => $"the app password {credential} is over",
        SignInOutcome.AppPasswordForOthers => $"the app password {credential} is not for this protocol",
        SignInOutcome.TooManyFailures => "too many failures from there; the password was not looked at",
        SignInOutcome.WrongCode => "wrong code in the second step",
        SignInOutcome.CertificateVoid => "the account of the certificate is disabled or gone",
        SignInOutcome.PasswordChanged => "the password changed during the exchange",
        SignInOutcome.WrongPasswordOrNoAccount => "wrong password, or no such account",
        _ => "the passkey was not taken",
    };
}
