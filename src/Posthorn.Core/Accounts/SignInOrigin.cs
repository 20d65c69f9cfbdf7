using System.Net;

namespace Posthorn.Core.Accounts;

/// <summary>Where a sign-in comes from. The client is only ever shown, in the records of sign-ins: nothing is decided by it.</summary>
/// <param name="Address">Null: not known.</param>
public readonly record struct SignInOrigin(IPAddress? Address)
{
    /// <param name="client">What it calls itself (IMAP ID, the name of EHLO, the browser); null: it did not say. A name that cannot be shown is none.</param>
    public SignInOrigin(IPAddress? address, string? client)
        : this(address) => Client = client is null || client.Any(char.IsControl) ? null : client;

    public string? Client { get; }

    public static implicit operator SignInOrigin(IPAddress? address) => new(address);
}
