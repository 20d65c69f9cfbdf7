namespace Posthorn.Core.Security;

/// <summary>A device or program that signed in: from one address, with one credential, by one protocol.</summary>
/// <param name="Client">What it calls itself: IMAP ID (RFC 2971), User-Agent; null: it did not say.</param>
/// <param name="Credential">Name of the app password or passkey; null: the password.</param>
/// <param name="Last">Its last sign-in, to some minutes.</param>
public sealed record SignInRecord(string Protocol, string? Client, string? Address, string? Credential, DateTimeOffset First, DateTimeOffset Last);
