namespace Posthorn.Server.Imap;

/// <summary>RFC 9051 §3. A row of the command table names the states in which its command may come.</summary>
[Flags]
internal enum ImapStates
{
    NotAuthenticated = 1,
    Authenticated = 2,
    Selected = 4,

    /// <summary>RFC 9051 §9 <c>command-auth</c>.</summary>
    LoggedIn = Authenticated | Selected,

    /// <summary>RFC 9051 §9 <c>command-any</c>.</summary>
    Any = NotAuthenticated | LoggedIn,
}

/// <summary>What the loop must know of a command before and after it runs.</summary>
[Flags]
internal enum CommandTraits
{
    None = 0,

    /// <summary>No EXPUNGE may be told before its reply: FETCH, STORE and SEARCH, but not their UID forms (RFC 9051 §7.5.1).</summary>
    HoldsExpunges = 1,

    /// <summary>Changes the selected mailbox: refused after EXAMINE.</summary>
    Writes = 2,

    /// <summary>Carries a secret: refused before TLS.</summary>
    NeedsTls = 4,

    /// <summary>Names messages by sequence number, or tells such: refused after ENABLE UIDONLY.</summary>
    SequenceNumbers = 8,
}

/// <summary>How the two versions of the protocol and its extensions differ on the wire; ENABLE adds to it (RFC 5161).</summary>
[Flags]
internal enum ImapDialect
{
    None = 0,

    /// <summary>Mailbox names are UTF-8, RECENT is gone (RFC 9051 appendix E).</summary>
    Imap4Rev2 = 1,

    /// <summary>FETCH responses carry MODSEQ (RFC 7162 §3.1).</summary>
    CondStore = 2,

    /// <summary>VANISHED instead of EXPUNGE (RFC 7162 §3.2.3).</summary>
    QResync = 4,

    /// <summary>No sequence number in either direction (RFC 9586 §3).</summary>
    UidOnly = 8,

    /// <summary>What goes is told as VANISHED.</summary>
    TellsUids = QResync | UidOnly,

    /// <summary>UTF8=ACCEPT: mailbox names are UTF-8, and SEARCH takes no charset (RFC 6855 §3).</summary>
    Utf8Accept = 16,

    /// <summary>Either of them writes mailbox names as UTF-8.</summary>
    Utf8Names = Imap4Rev2 | Utf8Accept,
}
