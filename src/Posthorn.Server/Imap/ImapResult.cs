namespace Posthorn.Server.Imap;

internal enum ImapStatus
{
    Ok,
    No,
    Bad,

    /// <summary>The command wrote its reply itself (STARTTLS: what follows it is within TLS).</summary>
    Replied,
}

/// <summary>How a command ended: its tagged reply.</summary>
/// <param name="Status">OK, NO or BAD (RFC 9051 §7.1).</param>
/// <param name="Code">Response code without brackets; none: <c>default</c>.</param>
/// <param name="Text">For a person; null: "NAME completed".</param>
internal readonly record struct ImapResult(ImapStatus Status, ResponseCode Code, string? Text)
{
    /// <summary>OK with the command's name.</summary>
    public static readonly ImapResult Completed = new(ImapStatus.Ok, default, null);

    public static readonly ImapResult Replied = new(ImapStatus.Replied, default, null);

    public static ImapResult Ok(ResponseCode code) => new(ImapStatus.Ok, code, null);

    public static ImapResult Ok(ResponseCode code, string text) => new(ImapStatus.Ok, code, text);

    public static ImapResult No(ResponseCode code, string text) => new(ImapStatus.No, code, text);

    public static ImapResult Bad(ResponseCode code, string text) => new(ImapStatus.Bad, code, text);

    public static ImapResult Bad(string text) => new(ImapStatus.Bad, default, text);
}
