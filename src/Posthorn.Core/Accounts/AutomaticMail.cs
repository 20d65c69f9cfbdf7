namespace Posthorn.Core.Accounts;

/// <summary>
/// What is done by itself with mail that comes for an account. It stands in the account's row, which RCPT reads anyway: a delivery to an account without any of it
/// costs nothing more. Numbers are stored: never change one.
/// </summary>
[Flags]
public enum AutomaticMail
{
    None = 0,

    /// <summary>The vacation reply is on; whether its days have come is looked at then.</summary>
    Vacation = 1,

    /// <summary>There is a confirmed address to forward to.</summary>
    Forwarding = 2,

    /// <summary>What was forwarded is not kept here.</summary>
    WithoutCopy = 4,

    /// <summary>An administrator does not allow it to forward.</summary>
    ForwardingBarred = 8,
}
