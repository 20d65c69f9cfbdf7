namespace Posthorn.Server.Imap.Listing;

/// <summary>Which names LIST is asked for (RFC 9051 §6.3.9.1, RFC 6154 §2).</summary>
[Flags]
internal enum ListSelection
{
    None = 0,
    Subscribed = 1,

    /// <summary>There are no remote mailboxes: it changes nothing.</summary>
    Remote = 2,

    /// <summary>Parents too of what is selected.</summary>
    RecursiveMatch = 4,
    SpecialUse = 8,

    /// <summary>list-select-base-opt: what RECURSIVEMATCH needs beside it.</summary>
    Base = Subscribed | SpecialUse,
}

/// <summary>What LIST tells of each (RFC 9051 §6.3.9.2). CHILDREN and SPECIAL-USE are told unasked (RFC 3348 §3, RFC 6154 §2).</summary>
[Flags]
internal enum ListReturn
{
    None = 0,
    Subscribed = 1,
    Children = 2,
    SpecialUse = 4,

    /// <summary>RFC 8440 §3.</summary>
    MyRights = 8,
}
