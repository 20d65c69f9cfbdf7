using Ascii = Posthorn.Standards.Ascii;

namespace Posthorn.Server.Imap.Commands;

/// <summary>ENABLE: extensions that change what the server says.</summary>
/// <remarks>RFC 9051 §6.3.1, RFC 5161; UTF8=ACCEPT: RFC 6855 §3.</remarks>
internal sealed record Enable(ImapDialect Dialect) : IImapCommand<Enable>
{
    /// <summary>What a name switches on; the first flag is its own, the others come with it.</summary>
    private static readonly (string Name, ImapDialect Own, ImapDialect With)[] Extensions =
    [
        ("IMAP4rev2", ImapDialect.Imap4Rev2, ImapDialect.None),
        ("CONDSTORE", ImapDialect.CondStore, ImapDialect.None),

        // RFC 7162 §3.2.3.
        ("QRESYNC", ImapDialect.QResync, ImapDialect.CondStore),
        ("UIDONLY", ImapDialect.UidOnly, ImapDialect.None),
        ("UTF8=ACCEPT", ImapDialect.Utf8Accept, ImapDialect.None),
    ];

    // enable = "ENABLE" 1*(SP capability)     RFC 9051 §9
    public static Enable Parse(ref ImapReader reader)
    {
        var dialect = ImapDialect.None;
        reader.Space();
        do
        {
            // RFC 5161 §3.1: what is not known is passed over.
            ReadOnlySpan<byte> capability = reader.Atom();
            foreach ((string name, ImapDialect own, ImapDialect with) in Extensions)
            {
                dialect |= Ascii.EqualsIgnoreCase(capability, System.Text.Encoding.ASCII.GetBytes(name)) ? own | with : ImapDialect.None;
            }
        }
        while (reader.TrySpace());
        return new Enable(dialect);
    }

    public ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel)
    {
        ImapResponseWriter writer = session.Writer;
        ImapDialect added = Dialect & ~writer.Dialect;
        writer.Write("* ENABLED"u8);
        foreach ((string name, ImapDialect own, ImapDialect _) in Extensions)
        {
            writer.Text(added.HasFlag(own) ? " " + name : "");
        }

        writer.EndLine();
        if (added.HasFlag(ImapDialect.CondStore))
        {
            session.EnableCondStore();
        }

        writer.Dialect |= added;
        return new(ImapResult.Completed);
    }
}
