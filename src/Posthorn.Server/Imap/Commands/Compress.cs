namespace Posthorn.Server.Imap.Commands;

/// <summary>COMPRESS DEFLATE: what follows is compressed, both ways.</summary>
/// <remarks>RFC 4978 §3.</remarks>
internal sealed record Compress(bool IsDeflate) : IImapCommand<Compress>
{
    // compress = "COMPRESS" SP algorithm     RFC 4978 §5
    public static Compress Parse(ref ImapReader reader)
    {
        reader.Space();
        return new Compress(Standards.Ascii.EqualsIgnoreCase(reader.Atom(), "DEFLATE"u8));
    }

    public async ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel)
    {
        if (!IsDeflate)
        {
            return ImapResult.No(default, "DEFLATE is the one algorithm here");
        }

        if (session.Connection.IsCompressed)
        {
            return ImapResult.No(ResponseCode.CompressionActive, "DEFLATE is on already");
        }

        session.Writer.Tagged(session.Tag, ImapResult.Ok(default, "DEFLATE from here on"), "COMPRESS");
        await session.Writer.FlushAsync(cancel);
        session.Connection.Compress();
        return ImapResult.Replied;
    }
}
