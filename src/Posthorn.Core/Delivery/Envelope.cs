using System.Net;

namespace Posthorn.Core.Delivery;

/// <summary>An accepted message with what SMTP said about it.</summary>
/// <param name="Sender">Reverse path without brackets; empty: the null sender.</param>
/// <param name="Trace">Header lines written on acceptance (Received, Authentication-Results), CRLF-ended; they stand before the body for every recipient.</param>
public sealed record Envelope(
    string Sender,
    IReadOnlyList<EnvelopeRecipient> Recipients,
    byte[] Trace,
    DateTimeOffset Received)
{
    public DsnReturn Return { get; init; }

    /// <summary>ENVID as given (RFC 3461 §4.4), decoded.</summary>
    public string? EnvelopeIdentifier { get; init; }

    public bool IsSmtpUtf8 { get; init; }

    public bool IsEightBit { get; init; }

    public bool RequireTls { get; init; }

    /// <summary>FUTURERELEASE (RFC 4865); null: at once.</summary>
    public DateTimeOffset? HoldUntil { get; init; }

    /// <summary>The account that submitted it; null: mail from elsewhere or of the program.</summary>
    public AccountId? Submitter { get; init; }

    /// <summary>What the checks of the sender found against it.</summary>
    public Suspicion Suspicion { get; init; }

    /// <summary>The account that forwards it; null: it comes for who is named.</summary>
    public AccountId? Forwarder { get; init; }

    public IPAddress? Remote { get; init; }
}

/// <param name="Address">Forward path without brackets, as the client gave it.</param>
/// <param name="Target">What RCPT resolved it to.</param>
/// <param name="OriginalRecipient">ORCPT as given, <c>rfc822;...</c> (RFC 3461 §4.2).</param>
public sealed record EnvelopeRecipient(string Address, Accounts.Recipient Target, DsnNotify Notify, string? OriginalRecipient);

/// <summary>RFC 3461 §4.1; Default is failure and delay.</summary>
[Flags]
public enum DsnNotify
{
    Default = 0,
    Success = 1,
    Failure = 2,
    Delay = 4,
    Never = 8,
}

/// <summary>RFC 3461 §4.3.</summary>
public enum DsnReturn
{
    Headers,
    Full,
}
