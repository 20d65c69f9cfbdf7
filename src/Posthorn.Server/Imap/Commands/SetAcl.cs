using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Mailboxes;
using Posthorn.Standards.Sasl;

namespace Posthorn.Server.Imap.Commands;

/// <summary>SETACL: gives rights on a mailbox, or takes them.</summary>
/// <remarks>RFC 4314 §3.1. Identifiers are addresses of accounts here, and <c>anyone</c>.</remarks>
internal sealed record SetAcl(string Mailbox, string Identifier, GrantChange Change, RightSet Rights) : IImapCommand<SetAcl>
{
    // setacl = "SETACL" SP mailbox SP identifier SP mod-rights;  mod-rights = astring     RFC 4314 §7
    public static SetAcl Parse(ref ImapReader reader)
    {
        reader.Space();
        string mailbox = reader.Mailbox();
        reader.Space();
        string identifier = ReadIdentifier(ref reader);
        reader.Space();
        string text = reader.Text();
        GrantChange change = text.Length == 0 ? GrantChange.Replace : text[0] switch
        {
            '+' => GrantChange.Add,
            '-' => GrantChange.Remove,
            _ => GrantChange.Replace,
        };
        // RFC 4314 §3.1: never passed over.
        return RightSet.TryParse(change == GrantChange.Replace ? text : text.AsSpan(1), out RightSet rights)
            ? new SetAcl(mailbox, identifier, change, rights)
            : throw new ImapSyntaxException("There is a letter that is no right; rights are lrswipkxtea.");
    }

    public ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel) => ChangeAsync(session, Mailbox, Identifier, Change, Rights, cancel);

    /// <summary>identifier = astring, prepared (RFC 4314 §3).</summary>
    public static string ReadIdentifier(ref ImapReader reader) =>
        SaslPrep.TryPrepare(reader.Text(), out string? prepared) && prepared.Length > 0 ? prepared : throw new ImapSyntaxException("That is no identifier.");

    public static async ValueTask<ImapResult> ChangeAsync(
        ImapSession session, string name, string identifier, GrantChange change, RightSet rights, CancellationToken cancel)
    {
        Result<Mailbox> found = await session.Services.Mailboxes.ResolveAsync(session.Actor!, name, cancel);
        if (!found.TryGet(out Mailbox? mailbox, out Refusal? refusal))
        {
            return ResponseCode.Refuse(refusal, ResponseCode.Nonexistent);
        }

        if (identifier.StartsWith('-'))
        {
            return ImapResult.No(ResponseCode.Cannot, "Rights are given here and taken back, never forbidden beforehand");
        }

        Result<Done> set = await session.Services.Grants.SetAsync(session.Actor!, mailbox.Account, mailbox.Id, identifier, change, rights, cancel);
        return set.TryGet(out _, out refusal) ? ImapResult.Completed : ResponseCode.Refuse(refusal, ResponseCode.Nonexistent);
    }
}
