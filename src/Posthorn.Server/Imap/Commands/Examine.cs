namespace Posthorn.Server.Imap.Commands;

/// <summary>EXAMINE: opens a mailbox to read it only.</summary>
/// <remarks>RFC 9051 §6.3.3.</remarks>
internal sealed record Examine(Select Select) : IImapCommand<Examine>
{
    // examine = "EXAMINE" SP mailbox [select-params]     RFC 9051 §9, RFC 4466 §6
    public static Examine Parse(ref ImapReader reader) => new(Select.Parse(ref reader));

    public ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel) => Select.OpenAsync(session, isReadOnly: true, cancel);
}
