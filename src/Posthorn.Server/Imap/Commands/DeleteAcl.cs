using Posthorn.Core.Access;

namespace Posthorn.Server.Imap.Commands;

/// <summary>DELETEACL: takes all rights back that an identifier was given.</summary>
/// <remarks>RFC 4314 §3.2.</remarks>
internal sealed record DeleteAcl(string Mailbox, string Identifier) : IImapCommand<DeleteAcl>
{
    // deleteacl = "DELETEACL" SP mailbox SP identifier     RFC 4314 §7
    public static DeleteAcl Parse(ref ImapReader reader)
    {
        reader.Space();
        string mailbox = reader.Mailbox();
        reader.Space();
        return new DeleteAcl(mailbox, SetAcl.ReadIdentifier(ref reader));
    }

    public ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel) =>
        SetAcl.ChangeAsync(session, Mailbox, Identifier, GrantChange.Replace, RightSet.None, cancel);
}
