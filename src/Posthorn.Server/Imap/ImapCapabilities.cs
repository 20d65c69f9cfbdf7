using System.Text;

namespace Posthorn.Server.Imap;

/// <param name="Name">As CAPABILITY lists it.</param>
/// <param name="Source">Where it is defined.</param>
/// <param name="States">When it is listed.</param>
/// <param name="Commands">Commands of the table without which it would be a lie.</param>
internal sealed record ImapCapability(string Name, string Source, ImapStates States, params IReadOnlyList<string> Commands)
{
    /// <summary>Listed only while TLS is not on, or only while it is; null: in both cases.</summary>
    public bool? Tls { get; init; }
}

/// <summary>What this server can do: the one list of it.</summary>
internal static class ImapCapabilities
{
    public static readonly IReadOnlyList<ImapCapability> All =
    [
        new("IMAP4rev1", "RFC 3501", ImapStates.Any, "CAPABILITY", "NOOP", "LOGOUT", "LOGIN", "SELECT", "EXAMINE"),
        new("LITERAL+", "RFC 7888", ImapStates.Any),
        new("NAMESPACE", "RFC 2342", ImapStates.LoggedIn, "NAMESPACE"),
        new("CHILDREN", "RFC 3348", ImapStates.LoggedIn, "LIST"),
        new("LIST-EXTENDED", "RFC 5258", ImapStates.LoggedIn, "LIST"),
        new("LIST-STATUS", "RFC 5819", ImapStates.LoggedIn, "LIST", "STATUS"),
        new("SPECIAL-USE", "RFC 6154", ImapStates.LoggedIn, "LIST"),
        new("CREATE-SPECIAL-USE", "RFC 6154 §3", ImapStates.LoggedIn, "CREATE"),
        new("STATUS=SIZE", "RFC 8438", ImapStates.LoggedIn, "STATUS"),
        new("LOGINDISABLED", "RFC 9051 §6.2.3", ImapStates.NotAuthenticated) { Tls = false },
    ];

    private static readonly byte[] Plain = Write(ImapStates.NotAuthenticated, isTls: false, canStartTls: false);
    private static readonly byte[] PlainWithStartTls = Write(ImapStates.NotAuthenticated, isTls: false, canStartTls: true);
    private static readonly byte[] Tls = Write(ImapStates.NotAuthenticated, isTls: true, canStartTls: false);
    private static readonly byte[] LoggedIn = Write(ImapStates.LoggedIn, isTls: true, canStartTls: false);

    /// <summary>RFC 9051 §7.1: the list in the reply to a login saves the client a round trip.</summary>
    public static readonly ResponseCode LoggedInCode = Code(LoggedIn);

    public static ResponseCode Code(ReadOnlySpan<byte> list) => new($"CAPABILITY {Encoding.ASCII.GetString(list)}");

    /// <summary>The list as it follows the word CAPABILITY.</summary>
    public static ReadOnlySpan<byte> Of(ImapSession session) =>
        session.State != ImapStates.NotAuthenticated ? LoggedIn
        : session.Connection.IsTls ? Tls
        : session.Connection.CanStartTls ? PlainWithStartTls
        : Plain;

    private static byte[] Write(ImapStates states, bool isTls, bool canStartTls) => Encoding.ASCII.GetBytes(string.Join(
        ' ',
        All.Where(capability => (capability.States & states) != 0
            && (capability.Tls is null || capability.Tls == isTls)
            && (capability.Name != "STARTTLS" || canStartTls))
            .Select(capability => capability.Name)));
}
