namespace Posthorn.Server.Imap.Commands;

/// <summary>CANCELUPDATE: results of these searches are not kept up to date any more.</summary>
/// <remarks>RFC 5267 §4.3.5.</remarks>
internal sealed record CancelUpdate(IReadOnlyList<byte[]> Tags) : IImapCommand<CancelUpdate>
{
    // "CANCELUPDATE" 1*(SP quoted)     RFC 5267 §5
    public static CancelUpdate Parse(ref ImapReader reader)
    {
        var tags = new List<byte[]>();
        reader.Space();
        do
        {
            tags.Add(reader.String().ToArray());
        }
        while (reader.TrySpace());
        return new CancelUpdate(tags);
    }

    public ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel)
    {
        bool all = true;
        foreach (byte[] tag in Tags)
        {
            all &= session.Contexts.Cancel(tag);
        }

        return new(all ? ImapResult.Completed : ImapResult.No(default, "There is no update of such a tag"));
    }
}
