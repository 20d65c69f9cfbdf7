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
        new("IMAP4rev1", "RFC 3501", ImapStates.Any, "CAPABILITY", "NOOP", "LOGOUT", "LOGIN", "SELECT", "EXAMINE", "CHECK", "CLOSE", "EXPUNGE", "FETCH",
            "UID FETCH", "STORE", "UID STORE", "COPY", "UID COPY", "APPEND", "SEARCH", "UID SEARCH", "LIST", "LSUB", "STATUS", "CREATE", "DELETE", "RENAME",
            "SUBSCRIBE", "UNSUBSCRIBE"),
        new("IMAP4rev2", "RFC 9051", ImapStates.Any, "ENABLE", "NAMESPACE", "UNSELECT", "IDLE", "MOVE", "UID MOVE", "UID EXPUNGE", "AUTHENTICATE", "STATUS", "LIST", "FETCH"),
        new("LITERAL+", "RFC 7888", ImapStates.Any),
        new("ID", "RFC 2971", ImapStates.Any, "ID"),
        new("ENABLE", "RFC 5161", ImapStates.Any, "ENABLE"),
        new("SASL-IR", "RFC 4959", ImapStates.NotAuthenticated, "AUTHENTICATE") { Tls = true },
        new(StartTls, "RFC 9051 §6.2.1", ImapStates.NotAuthenticated, "STARTTLS") { Tls = false },
        new("LOGINDISABLED", "RFC 9051 §6.2.3", ImapStates.NotAuthenticated) { Tls = false },
        new(ScramPlus, "RFC 7677", ImapStates.NotAuthenticated, "AUTHENTICATE") { Tls = true },
        new("AUTH=SCRAM-SHA-256", "RFC 7677", ImapStates.NotAuthenticated, "AUTHENTICATE") { Tls = true },
        new(External, "RFC 4422", ImapStates.NotAuthenticated, "AUTHENTICATE") { Tls = true },
        new("AUTH=PLAIN", "RFC 4616", ImapStates.NotAuthenticated, "AUTHENTICATE") { Tls = true },
        new("BINARY", "RFC 3516", ImapStates.LoggedIn, "FETCH", "UID FETCH", "APPEND"),
        new("IDLE", "RFC 2177", ImapStates.LoggedIn, "IDLE"),
        new("UNSELECT", "RFC 3691", ImapStates.LoggedIn, "UNSELECT"),
        new("UIDPLUS", "RFC 4315", ImapStates.LoggedIn, "UID EXPUNGE"),
        new("MOVE", "RFC 6851", ImapStates.LoggedIn, "MOVE", "UID MOVE"),
        new("CONDSTORE", "RFC 7162", ImapStates.LoggedIn, "ENABLE", "FETCH", "STORE", "SEARCH", "STATUS"),
        new("QRESYNC", "RFC 7162 §3.2", ImapStates.LoggedIn, "ENABLE", "SELECT", "EXAMINE", "UID FETCH", "UID EXPUNGE"),
        new("NAMESPACE", "RFC 2342", ImapStates.LoggedIn, "NAMESPACE"),
        new("CHILDREN", "RFC 3348", ImapStates.LoggedIn, "LIST"),
        new("LIST-EXTENDED", "RFC 5258", ImapStates.LoggedIn, "LIST"),
        new("LIST-STATUS", "RFC 5819", ImapStates.LoggedIn, "LIST", "STATUS"),
        new("SPECIAL-USE", "RFC 6154", ImapStates.LoggedIn, "LIST"),
        new("CREATE-SPECIAL-USE", "RFC 6154 §3", ImapStates.LoggedIn, "CREATE"),
        new("STATUS=SIZE", "RFC 8438", ImapStates.LoggedIn, "STATUS"),
        new("ESEARCH", "RFC 4731", ImapStates.LoggedIn, "SEARCH", "UID SEARCH"),
        new("SEARCHRES", "RFC 5182", ImapStates.LoggedIn, "SEARCH", "UID SEARCH"),
        new("COMPRESS=DEFLATE", "RFC 4978", ImapStates.LoggedIn, "COMPRESS"),
        new("MULTIAPPEND", "RFC 3502", ImapStates.LoggedIn, "APPEND"),
        new("CATENATE", "RFC 4469", ImapStates.LoggedIn, "APPEND"),
        new("UTF8=ACCEPT", "RFC 6855", ImapStates.LoggedIn, "ENABLE", "APPEND"),
        new("I18NLEVEL=1", "RFC 5255", ImapStates.LoggedIn, "SEARCH", "SORT", "THREAD"),
        new("INPROGRESS", "RFC 9585", ImapStates.LoggedIn, "SEARCH"),
        new("REPLACE", "RFC 8508", ImapStates.LoggedIn, "REPLACE", "UID REPLACE"),
        new("APPENDLIMIT", "RFC 7889", ImapStates.LoggedIn, "APPEND", "STATUS"),
        new("OBJECTID", "RFC 8474", ImapStates.LoggedIn, "CREATE", "SELECT", "STATUS", "FETCH", "SEARCH"),
        new("SAVEDATE", "RFC 8514", ImapStates.LoggedIn, "FETCH", "SEARCH"),
        new("PREVIEW", "RFC 8970", ImapStates.LoggedIn, "FETCH"),
        new("UNAUTHENTICATE", "RFC 8437", ImapStates.LoggedIn, "UNAUTHENTICATE"),
        new("ACL", "RFC 4314", ImapStates.LoggedIn, "SETACL", "DELETEACL", "GETACL", "LISTRIGHTS", "MYRIGHTS"),
        new("RIGHTS=texk", "RFC 4314 §2.2", ImapStates.LoggedIn, "SETACL"),
        new("LIST-MYRIGHTS", "RFC 8440", ImapStates.LoggedIn, "LIST", "MYRIGHTS"),
        new("METADATA", "RFC 5464", ImapStates.LoggedIn, "GETMETADATA", "SETMETADATA"),
        new("LIST-METADATA", "RFC 9590", ImapStates.LoggedIn, "LIST", "GETMETADATA"),
        new("QUOTA", "RFC 9208", ImapStates.LoggedIn, "GETQUOTA", "GETQUOTAROOT"),
        new("QUOTASET", "RFC 9208 §4.1.3", ImapStates.LoggedIn, "SETQUOTA"),
        new("QUOTA=RES-STORAGE", "RFC 9208 §5.1", ImapStates.LoggedIn, "GETQUOTA", "STATUS"),
        new("QUOTA=RES-MESSAGE", "RFC 9208 §5.2", ImapStates.LoggedIn, "GETQUOTA", "STATUS"),
        new("MULTISEARCH", "RFC 7377", ImapStates.LoggedIn, "ESEARCH"),
        new("SEARCH=FUZZY", "RFC 6203", ImapStates.LoggedIn, "SEARCH", "UID SEARCH", "SORT", "UID SORT"),
        new("WITHIN", "RFC 5032", ImapStates.LoggedIn, "SEARCH", "UID SEARCH"),
        new("UIDONLY", "RFC 9586", ImapStates.LoggedIn, "ENABLE", "UID FETCH", "UID STORE", "UID SEARCH", "UID COPY", "UID MOVE", "UID EXPUNGE"),
        new("PARTIAL", "RFC 9394", ImapStates.LoggedIn, "SEARCH", "UID SEARCH", "UID FETCH"),
        new("SORT", "RFC 5256", ImapStates.LoggedIn, "SORT", "UID SORT"),
        new("SORT=DISPLAY", "RFC 5957", ImapStates.LoggedIn, "SORT", "UID SORT"),
        new("ESORT", "RFC 5267 §3", ImapStates.LoggedIn, "SORT", "UID SORT"),
        new("CONTEXT=SEARCH", "RFC 5267 §4", ImapStates.LoggedIn, "SEARCH", "UID SEARCH", "CANCELUPDATE"),
        new("CONTEXT=SORT", "RFC 5267 §4", ImapStates.LoggedIn, "SORT", "UID SORT", "CANCELUPDATE"),
        new("NOTIFY", "RFC 5465", ImapStates.LoggedIn, "NOTIFY", "STATUS", "LIST", "FETCH"),
        new("THREAD=ORDEREDSUBJECT", "RFC 5256", ImapStates.LoggedIn, "THREAD", "UID THREAD"),
        new("THREAD=REFERENCES", "RFC 5256", ImapStates.LoggedIn, "THREAD", "UID THREAD"),
        new("THREAD=REFS", "RFC 5256", ImapStates.LoggedIn, "THREAD", "UID THREAD"),
    ];

    private const string StartTls = "STARTTLS";
    private const string ScramPlus = "AUTH=SCRAM-SHA-256-PLUS";
    private const string External = "AUTH=EXTERNAL";

    private static readonly byte[] Plain = Write(ImapStates.NotAuthenticated, isTls: false, StartTls);
    private static readonly byte[] PlainWithStartTls = Write(ImapStates.NotAuthenticated, isTls: false);
    private static readonly byte[] Tls = Write(ImapStates.NotAuthenticated, isTls: true, ScramPlus, External);
    private static readonly byte[] TlsWithBinding = Write(ImapStates.NotAuthenticated, isTls: true, External);
    private static readonly byte[] TlsWithClient = Write(ImapStates.NotAuthenticated, isTls: true, ScramPlus);
    private static readonly byte[] TlsWithBindingAndClient = Write(ImapStates.NotAuthenticated, isTls: true);
    private static readonly byte[] LoggedIn = Write(ImapStates.LoggedIn, isTls: true);

    /// <summary>RFC 9051 §7.1: the list in the reply to a login saves the client a round trip.</summary>
    public static readonly ResponseCode LoggedInCode = Code(LoggedIn);

    public static ResponseCode Code(ReadOnlySpan<byte> list) => new($"CAPABILITY {Encoding.ASCII.GetString(list)}");

    /// <summary>The list as it follows the word CAPABILITY.</summary>
    public static ReadOnlySpan<byte> Of(ImapSession session) =>
        session.State != ImapStates.NotAuthenticated ? LoggedIn
        : session.Connection.Tls is { } tls ? (tls.Certificate.EndPointBinding is not null, tls.ClientAddresses.Count > 0) switch
        {
            (true, true) => TlsWithBindingAndClient,
            (true, false) => TlsWithBinding,
            (false, true) => TlsWithClient,
            _ => Tls,
        }
        : session.Connection.CanStartTls ? PlainWithStartTls
        : Plain;

    /// <summary>Whether the session was told of it.</summary>
    public static bool Offers(ImapSession session, string name) =>
        Encoding.ASCII.GetString(Of(session)).Split(' ').Contains(name, StringComparer.OrdinalIgnoreCase);

    private static byte[] Write(ImapStates states, bool isTls, params string[] without) => Encoding.ASCII.GetBytes(string.Join(
        ' ',
        All.Where(capability => (capability.States & states) != 0 && (capability.Tls ?? isTls) == isTls && !without.Contains(capability.Name))
            .Select(capability => capability.Name)));
}
