using Posthorn.Core.Mailboxes;

namespace Posthorn.Server.Imap.Commands;

/// <summary>NAMESPACE: one's own mailboxes have no prefix; those of people who let one in, and those that are for many, have one each.</summary>
/// <remarks>RFC 9051 §6.3.10, RFC 2342 §5.</remarks>
internal sealed record Namespace : IImapCommand<Namespace>
{
    private static readonly Namespace Instance = new();

    // namespace-command = "NAMESPACE"     RFC 9051 §9
    public static Namespace Parse(ref ImapReader reader) => Instance;

    public ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel)
    {
        session.Writer.Line("* NAMESPACE ((\"\" \"/\")) ((\"Other Users/\" \"/\")) ((\"Shared/\" \"/\"))"u8);
        return new(ImapResult.Completed);
    }

    /// <summary>One's own mailboxes and those of others, with the levels above these as names that cannot be opened.</summary>
    public static IReadOnlyList<Mailbox> Join(IReadOnlyList<Mailbox> own, IReadOnlyList<Mailbox> others)
    {
        if (others.Count == 0)
        {
            return own;
        }

        HashSet<string> names = [.. own.Concat(others).Select(mailbox => mailbox.Name)];
        string[] above = [.. others.SelectMany(mailbox => MailboxName.Parents(mailbox.Name)).Distinct().Where(name => !names.Contains(name))];
        return [.. own, .. above.Select(Level), .. others];
    }

    private static Mailbox Level(string name) =>
        new(default, name, default, 1, default, 0, 0, 0, 0, SpecialUse.None, IsContainer: true, []);
}
