using Posthorn.Core.Accounts;
using Posthorn.Core.Queue;
using Posthorn.Standards.Dkim;
using Posthorn.Standards.Dmarc;

namespace Posthorn.Server.Outbound;

/// <summary>Signs what begins here, with both keys of the domain in From (RFC 6376, RFC 8463). Mail that only passes through keeps the signatures it has.</summary>
internal sealed class MessageSigner(Domains domains, TimeProvider time)
{
    /// <summary>A header longer than this is not signed.</summary>
    private const int MaxHeaderBytes = 256 * 1024;

    /// <returns>DKIM-Signature fields to put on top; empty when it is not ours to sign.</returns>
    public async ValueTask<byte[]> SignAsync(QueuedMail mail, Func<Stream> open, CancellationToken cancel)
    {
        // Anybody may send with the null sender, to an alias that leads elsewhere or to a way back. What was taken in has its Received line; what this program
        // wrote has none.
        bool beginsHere = mail.Envelope.Submitter is not null || mail.Envelope is { Sender.Length: 0, Forwarder: null, Trace.Length: 0 };
        if (!beginsHere)
        {
            return [];
        }

        await using Stream octets = open();
        (byte[] header, byte[] bodyStart)? parts = await HeaderAsync(octets, cancel);
        if (parts is not { } read || AuthorDomains.Read(read.header) is not [var author] || await domains.FindAsync(author, cancel) is not { Keys.Count: > 0 } domain)
        {
            return [];
        }

        DkimKey[] keys = [.. domain.Keys.Select(key => DkimKey.FromPem(key.Selector, key.PrivateKeyPem))];
        try
        {
            return await new DkimSigner(domain.Name, keys, time).SignAsync(read.header, new JoinedStream(read.bodyStart, octets), cancel);
        }
        finally
        {
            foreach (DkimKey key in keys)
            {
                key.Dispose();
            }
        }
    }

    /// <summary>The header with its empty line, and what was read beyond it. Null when it has no end within the limit.</summary>
    private static async ValueTask<(byte[] Header, byte[] BodyStart)?> HeaderAsync(Stream octets, CancellationToken cancel)
    {
        byte[] buffer = new byte[16 * 1024];
        int length = 0;
        while (true)
        {
            int read = await octets.ReadAsync(buffer.AsMemory(length), cancel);
            length += read;
            int end = buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8);
            if (end >= 0)
            {
                return (buffer[..(end + 4)], buffer[(end + 4)..length]);
            }

            if (read == 0)
            {
                return (buffer[..length], []);
            }

            if (length == buffer.Length)
            {
                if (length >= MaxHeaderBytes)
                {
                    return null;
                }

                Array.Resize(ref buffer, length * 2);
            }
        }
    }
}
