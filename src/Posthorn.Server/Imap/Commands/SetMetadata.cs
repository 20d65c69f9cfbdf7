using System.Globalization;
using Posthorn.Core;
using Posthorn.Core.Mailboxes;
using Posthorn.Server.Imap.Listing;

namespace Posthorn.Server.Imap.Commands;

/// <summary>SETMETADATA: all entries of the command, or none.</summary>
/// <remarks>RFC 5464 §4.3.</remarks>
/// <param name="Mailbox">Empty: the server.</param>
internal sealed record SetMetadata(string Mailbox, IReadOnlyList<Annotation> Entries) : IImapCommand<SetMetadata>
{
    // setmetadata = "SETMETADATA" SP mailbox SP entry-values     RFC 5464 §5
    public static SetMetadata Parse(ref ImapReader reader)
    {
        reader.Space();
        string mailbox = reader.Mailbox();
        reader.Space();
        reader.Expect((byte)'(');
        var entries = new List<Annotation>();
        do
        {
            string entry = MetadataEntries.Read(ref reader, isWritten: true);
            reader.Space();
            entries.Add(new Annotation(entry, reader.TryNString8(out ReadOnlySpan<byte> value) ? value.ToArray() : null));
        }
        while (reader.TrySpace());
        reader.Expect((byte)')');
        return new SetMetadata(mailbox, entries);
    }

    public async ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel)
    {
        if (Mailbox.Length == 0 && Entries.Any(entry => entry.Entry == GetMetadata.AdministratorEntry))
        {
            return ImapResult.No(ResponseCode.Cannot, "That entry is the server's own");
        }

        Result<Done> set = await session.Services.Annotations.SetAsync(session.Actor!, session.Account!.Id, Mailbox, Entries, cancel);
        if (set.IsOk)
        {
            session.Notifications?.Watch?.Own.Annotated(Mailbox, Entries);
        }

        return set.Refusal switch
        {
            null => ImapResult.Completed,
            Refusal.Limit { Name: nameof(Annotations.MaxValueBytes) } limit => ImapResult.No(
                new ResponseCode(string.Create(CultureInfo.InvariantCulture, $"METADATA MAXSIZE {limit.Value}")), "The value is too long"),
            Refusal.Limit limit => ImapResult.No(new ResponseCode("METADATA TOOMANY"), limit.Text),
            { } refusal => ResponseCode.Refuse(refusal, ResponseCode.Nonexistent),
        };
    }
}
