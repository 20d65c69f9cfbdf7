namespace Posthorn.Server.Imap.Searching;

/// <summary>search-return-opt: what of the result is told (RFC 9051 §6.4.4, RFC 9394 §3.1), and whether it is kept (RFC 9051 §6.4.4.1).</summary>
[Flags]
internal enum SearchReturn
{
    None = 0,
    Min = 1,
    Max = 2,
    All = 4,
    Count = 8,
    Save = 16,
    Partial = 32,

    /// <summary>RFC 6203 §4.</summary>
    Relevancy = 64,

    /// <summary>The result is kept up to date (RFC 5267 §4.3).</summary>
    Update = 128,

    /// <summary>A hint that the same is searched for again (RFC 5267 §4.2): nothing follows from it.</summary>
    Context = 256,
}
