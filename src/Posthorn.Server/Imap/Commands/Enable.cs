using Ascii = Posthorn.Standards.Ascii;

namespace Posthorn.Server.Imap.Commands;

/// <summary>ENABLE: extensions that change what the server says.</summary>
/// <remarks>RFC 9051 §6.3.1, RFC 5161.</remarks>
internal sealed record Enable(ImapDialect Dialect) : IImapCommand<Enable>
{
    // enable = "ENABLE" 1*(SP capability)     RFC 9051 §9
    public static Enable Parse(ref ImapReader reader)
    {
        var dialect = ImapDialect.None;
        reader.Space();
        do
        {
            // RFC 5161 §3.1: what is not known is passed over.
            ReadOnlySpan<byte> capability = reader.Atom();
            dialect |= Ascii.EqualsIgnoreCase(capability, "IMAP4rev2"u8) ? ImapDialect.Imap4Rev2
                : Ascii.EqualsIgnoreCase(capability, "CONDSTORE"u8) ? ImapDialect.CondStore
                : ImapDialect.None;
        }
        while (reader.TrySpace());
        return new Enable(dialect);
    }

    public ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel)
    {
        ImapResponseWriter writer = session.Writer;
        ImapDialect added = Dialect & ~writer.Dialect;
        writer.Write("* ENABLED"u8);
        writer.Write(added.HasFlag(ImapDialect.Imap4Rev2) ? " IMAP4rev2"u8 : ""u8);
        writer.Line(added.HasFlag(ImapDialect.CondStore) ? " CONDSTORE"u8 : ""u8);
        if (added.HasFlag(ImapDialect.CondStore))
        {
            session.EnableCondStore();
        }

        writer.Dialect |= added;
        return new(ImapResult.Completed);
    }
}
