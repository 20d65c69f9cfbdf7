namespace Posthorn.Standards.Sasl;

/// <summary>The mechanisms by name, best first. All need TLS: the caller offers none before it.</summary>
public static class SaslMechanisms
{
    private static readonly string[] WithBinding = ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "PLAIN", "LOGIN"];
    private static readonly string[] WithoutBinding = ["SCRAM-SHA-256", "PLAIN", "LOGIN"];
    private const string External = "EXTERNAL";

    /// <summary>The names to advertise on a connection.</summary>
    /// <param name="serverEndPoint">As for <see cref="Start"/>.</param>
    /// <param name="clientAddresses">As for <see cref="Start"/>.</param>
    public static IReadOnlyList<string> Offered(byte[]? serverEndPoint, IReadOnlyList<string>? clientAddresses = null)
    {
        string[] offered = serverEndPoint is null ? WithoutBinding : WithBinding;
        return clientAddresses is { Count: > 0 } ? [External, .. offered] : offered;
    }

    /// <summary>Null: not a mechanism that is offered here. Names fold case (RFC 4954 §4, RFC 9051 §6.2.2).</summary>
    /// <param name="serverEndPoint">The channel binding of the connection's certificate; null where it has none.</param>
    /// <param name="clientAddresses">Whose certificate the client has shown, checked.</param>
    public static ISaslExchange? Start(ReadOnlySpan<byte> name, byte[]? serverEndPoint, IReadOnlyList<string>? clientAddresses = null) =>
        Ascii.EqualsIgnoreCase(name, "PLAIN"u8) ? new PlainExchange()
        : Ascii.EqualsIgnoreCase(name, "LOGIN"u8) ? new LoginExchange()
        : Ascii.EqualsIgnoreCase(name, "SCRAM-SHA-256"u8) ? new ScramExchange(isPlus: false, serverEndPoint)
        : Ascii.EqualsIgnoreCase(name, "SCRAM-SHA-256-PLUS"u8) && serverEndPoint is not null ? new ScramExchange(isPlus: true, serverEndPoint)
        : Ascii.EqualsIgnoreCase(name, "EXTERNAL"u8) && clientAddresses is { Count: > 0 } ? new ExternalExchange(clientAddresses)
        : null;
}
