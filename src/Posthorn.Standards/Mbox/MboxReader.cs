using System.Runtime.CompilerServices;

namespace Posthorn.Standards.Mbox;

/// <summary>Reads an mbox file message by message, in constant memory.</summary>
/// <remarks>
/// A message begins with a line "From sender date" that is the first of the file or follows an empty line; the date must be one, or a sentence that begins with
/// "From" after an empty line would cut a message in two. The empty line before a From line, or at the end of the file, belongs to the format. Header and body are passed
/// on as they are. RFC 4155 describes the format; what real files hold goes beyond it.
/// Content-Length is followed only in the variants that have it, only in a file that can be sought, and only where a From line or the end stands where it points: a
/// message could otherwise claim its successors.
/// </remarks>
public sealed class MboxReader
{
    private readonly MboxWindow _window;
    private readonly MboxVariant _variant;

    /// <param name="source">The file. One that can be sought is sought to <paramref name="offset"/>, another must stand there.</param>
    /// <param name="variant">How the file was written; <see cref="MboxVariant.Rd"/> where that is not known.</param>
    /// <param name="offset">Where to begin: 0, or the <see cref="MboxMessage.Offset"/> of a message.</param>
    public MboxReader(Stream source, MboxVariant variant = MboxVariant.Rd, long offset = 0)
    {
        if (source.CanSeek)
        {
            source.Position = offset;
        }
        _window = new MboxWindow(source, offset);
        _variant = variant;
    }

    /// <summary>The messages in the order of the file. A message ends when the next one is asked for.</summary>
    public async IAsyncEnumerable<MboxMessage> ReadAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        await SkipEmptyLinesAsync(cancel);
        while (await _window.FillAsync(1, cancel))
        {
            long offset = _window.Offset;
            var from = await TakeFromLineAsync(cancel);
            var header = await HeaderAsync(cancel);
            var flags = MboxStatus.Read(header.Span, out int own, out string uidl);
            long? body = _variant is MboxVariant.Cl or MboxVariant.Cl2 ? await ContentLength.FindAsync(_window, header, cancel) : null;
            long bodyStart = _window.Offset + header.Length;
            _window.Take(own);
            await using var content = new MboxContent(_window, _variant, bodyStart, body ?? 0);
            yield return new MboxMessage(offset, from, flags, uidl, content);
            await content.SkipAsync(cancel);
        }
    }

    private async ValueTask SkipEmptyLinesAsync(CancellationToken cancel)
    {
        while (await _window.FillAsync(1, cancel) && _window.Available.Span[0] is (byte)'\n' or (byte)'\r')
        {
            _window.Take(1);
        }
    }

    private async ValueTask<FromLine?> TakeFromLineAsync(CancellationToken cancel)
    {
        var line = await _window.LineAsync(FromLine.MaxLength, cancel);
        if (!FromLine.TryParse(line.Span.TrimEnd("\r\n"u8), dateRequired: false, out var from))
        {
            return null;
        }
        _window.Take(line.Length);
        return from;
    }

    /// <summary>The header with the empty line that ends it, as far as it fits the window.</summary>
    private async ValueTask<ReadOnlyMemory<byte>> HeaderAsync(CancellationToken cancel)
    {
        for (int lineStart = 0; ;)
        {
            var seen = _window.Available;
            int lf = seen.Span[lineStart..].IndexOf((byte)'\n');
            if (lf >= 0)
            {
                bool empty = lf == 0 || (lf == 1 && seen.Span[lineStart] == '\r');
                lineStart += lf + 1;
                if (empty)
                {
                    return seen[..lineStart];
                }
            }
            else if (seen.Length == MboxWindow.Size || !await _window.FillAsync(seen.Length + 1, cancel))
            {
                return _window.Available;
            }
        }
    }
}
