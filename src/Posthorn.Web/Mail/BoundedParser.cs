using MimeKit;
using Posthorn.Standards.Mime;

namespace Posthorn.Web.Mail;

/// <summary>Reads a message into the objects that the pages work with, within <see cref="MimeLimits"/>: what lies beyond is left out, as if the message ended there.</summary>
/// <remarks>
/// MimeKit 4.18 bounds depth alone. A part takes 2.5 KB of memory however short it is, so 5 million of them (50 MB of mail) end the process; a field or a parameter takes some 200
/// octets for every 4. So parts are counted, and so are the octets that stand in no part's content, which is where fields, parameters and addresses are.
/// </remarks>
internal sealed class BoundedParser : MimeParser
{
    /// <summary>Octets of a message outside of its parts' contents: all headers, boundaries, and what stands before and behind them.</summary>
    public const int MaxOutside = 1 << 20;

    private readonly EndableStream _octets;
    private int _parts;

    private BoundedParser(ParserOptions options, EndableStream octets)
        : base(options, octets, MimeFormat.Entity) => _octets = octets;

    /// <returns>False: what is beyond the limits is left out.</returns>
    public static async ValueTask<(MimeMessage Message, bool IsWhole)> ReadAsync(Stream octets, CancellationToken cancel)
    {
        ParserOptions options = ParserOptions.Default.Clone();
        options.MaxMimeDepth = MimeLimits.Depth;
        await using var bounded = new EndableStream(octets);
        MimeMessage message = await new BoundedParser(options, bounded).ParseMessageAsync(cancel);
        return (message, !bounded.IsEnded);
    }

    protected override void OnMimeEntityBegin(MimeEntityBeginEventArgs args)
    {
        _octets.IsEnded |= ++_parts > MimeLimits.Parts;
        _octets.IsInContent = args.Entity is MimePart;
        base.OnMimeEntityBegin(args);
    }

    protected override void OnMimeEntityEnd(MimeEntityEndEventArgs args)
    {
        if (args.Entity is MimePart)
        {
            _octets.Contents += args.EndOffset - args.HeadersEndOffset;
            _octets.IsInContent = false;
        }

        base.OnMimeEntityEnd(args);
    }

    /// <summary>Is at its end as soon as enough was read. What the parser holds in its buffer then is still read.</summary>
    private sealed class EndableStream(Stream inner) : Stream
    {
        private long _read;

        public bool IsEnded { get; set; }

        /// <summary>The content of a part is being read.</summary>
        public bool IsInContent { get; set; }

        /// <summary>Octets of the contents read before.</summary>
        public long Contents { get; set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => _read;
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            IsEnded |= !IsInContent && _read - Contents > MaxOutside;
            int read = IsEnded ? 0 : await inner.ReadAsync(buffer, cancellationToken);
            _read += read;
            return read;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Read asynchronously.");

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
