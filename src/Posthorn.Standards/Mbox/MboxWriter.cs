using System.Buffers;
using System.Text;

namespace Posthorn.Standards.Mbox;

/// <summary>Writes messages one after another in the mboxrd form, in constant memory.</summary>
/// <remarks>
/// CRLF becomes LF, as the format wants it, and a last line without an end gets one: apart from line ends <see cref="MboxReader"/> gives back every octet.
/// Status, X-Status, X-Keywords and X-UIDL go before the message's own fields (see <see cref="MboxStatus"/>). Nothing is flushed or synced to the disk: the caller owns the stream.
/// </remarks>
public sealed class MboxWriter(Stream target)
{
    private const int BufferSize = 64 * 1024;

    /// <summary>Appends one message.</summary>
    /// <param name="sender">The envelope sender; empty becomes MAILER-DAEMON.</param>
    /// <param name="date">The received date, written in UTC to the second.</param>
    /// <param name="flags">Flags in the words of IMAP. What is no keyword (RFC 9051 §9) cannot be written and is left out.</param>
    /// <param name="uidl">POP3's id; empty: none.</param>
    /// <param name="content">The message, read to its end.</param>
    /// <param name="cancel">Stops between two writes; the file then ends within a message.</param>
    public async ValueTask WriteAsync(string sender, DateTimeOffset date, IReadOnlyCollection<string> flags, string uidl, Stream content, CancellationToken cancel)
    {
        byte[] octets = ArrayPool<byte>.Shared.Rent(BufferSize);
        byte[] quoted = ArrayPool<byte>.Shared.Rent(MboxQuoting.MaxLength(octets.Length));
        try
        {
            await target.WriteAsync(Encoding.UTF8.GetBytes(FromLine.Format(sender, date) + MboxStatus.Format(flags, uidl)), cancel);
            var quoting = new MboxQuoting();
            while (await content.ReadAsync(octets, cancel) is var count and > 0)
            {
                await target.WriteAsync(quoted.AsMemory(0, quoting.Convert(octets.AsSpan(0, count), quoted)), cancel);
            }
            int last = quoting.End(quoted);
            quoted[last++] = (byte)'\n';
            await target.WriteAsync(quoted.AsMemory(0, last), cancel);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(octets);
            ArrayPool<byte>.Shared.Return(quoted);
        }
    }
}
