using System.Buffers;
using System.Text;
using Posthorn.Core;
using Posthorn.Core.Bodies;

namespace Posthorn.Server.Smtp.Content;

/// <summary>Takes the octets of one message: counts them, looks at the header once it is whole, hands all on to the store's writer.</summary>
/// <remarks>
/// Once refused, for whatever reason, nothing more is kept: the octets that still come are counted and dropped, and the refusal is said at
/// the end. Only the header is held in memory here, up to <see cref="SmtpLimits.MaxHeader"/>.
/// </remarks>
internal sealed class MessageReception(SmtpSession session) : IAsyncDisposable
{
    private static readonly SmtpReply HeaderTooLarge = SmtpReply.Fixed(552, "5.3.4", "The header of the message is larger than this server takes");

    private readonly SmtpServer _server = session.Server;
    private MessageWriter? _writer = session.Server.Messages.StartMessage();
    private ArrayBufferWriter<byte>? _header;
    private bool _isInHeader = true;
    private long _length;

    /// <summary>Why the message is not taken; null so far.</summary>
    public SmtpReply? Refusal { get; private set; }

    /// <summary>The header as it came, for the checks of the sender; empty on submission.</summary>
    public ReadOnlyMemory<byte> Header { get; private set; }

    /// <summary>Where the body begins in what was kept: behind the empty line.</summary>
    public long BodyOffset { get; private set; }

    /// <summary>There are octets above 127.</summary>
    public bool IsEightBit { get; private set; }

    /// <summary>So much came after the limit that it is not worth reading on.</summary>
    public bool IsBeyondPatience => _length > _server.Options.MaxMessageBytes + _server.Limits.MaxDiscard;

    /// <summary>Takes a piece of the message, cut anywhere. It may be kept only while this runs.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> octets, CancellationToken cancel)
    {
        _length += octets.Length;
        if (Refusal is null && _length > _server.Options.MaxMessageBytes)
        {
            await RefuseAsync(SmtpReply.TooLarge);
        }
        if (Refusal is not null || octets.IsEmpty)
        {
            return;
        }
        IsEightBit = IsEightBit || !Ascii.IsValid(octets.Span);
        try
        {
            await (_isInHeader ? WriteHeaderAsync(octets, cancel) : _writer!.WriteAsync(octets, cancel));
        }
        catch (StoreUnavailableException failure)
        {
            await RefuseAsync(failure.IsFull ? SmtpReply.StoreIsFull : SmtpReply.StoreFailed);
        }
    }

    public async ValueTask RefuseAsync(SmtpReply reply)
    {
        Refusal ??= reply;
        _header = null;
        await DisposeAsync();
    }

    private async ValueTask WriteHeaderAsync(ReadOnlyMemory<byte> octets, CancellationToken cancel)
    {
        // Nearly always the whole header comes at once, and is looked at where it lies.
        var known = 0;
        if (_header is not null)
        {
            known = _header.WrittenCount;
            _header.Write(octets.Span);
            octets = _header.WrittenMemory;
        }
        var end = HeaderEnd(octets.Span, known);
        if ((end < 0 ? octets.Length : end) > _server.Limits.MaxHeader)
        {
            await RefuseAsync(HeaderTooLarge);
        }
        else if (end < 0)
        {
            if (_header is null)
            {
                _header = new ArrayBufferWriter<byte>(octets.Length * 2);
                _header.Write(octets.Span);
            }
        }
        else
        {
            await EndHeaderAsync(octets[..end], cancel);
            if (Refusal is null)
            {
                await _writer!.WriteAsync(octets[end..], cancel);
            }
        }
    }

    /// <summary>Where the empty line begins that ends the header; -1 when it has not come yet.</summary>
    private static int HeaderEnd(ReadOnlySpan<byte> octets, int known)
    {
        if (octets.StartsWith("\r\n"u8))
        {
            return 0;
        }
        var from = Math.Max(0, known - 3);
        var end = octets[from..].IndexOf("\r\n\r\n"u8);
        return end < 0 ? -1 : from + end + 2;
    }

    private async ValueTask EndHeaderAsync(ReadOnlyMemory<byte> header, CancellationToken cancel)
    {
        _isInHeader = false;
        var read = IncomingHeader.Read(header, _server.Options.HostName, session.IsSubmission);
        if (read.ReceivedLines > _server.Limits.MaxReceivedLines)
        {
            await RefuseAsync(HeaderRefusals.Loop);
            return;
        }
        if (session.Account is { } account)
        {
            var submitted = new SubmittedHeader(read, account, session.Transaction!.Mail, _server);
            if (await submitted.CheckAsync(cancel) is { } refusal)
            {
                await RefuseAsync(refusal);
                return;
            }
            await _writer!.WriteAsync(Encoding.UTF8.GetBytes(submitted.Added()), cancel);
        }
        var kept = 0;
        foreach (var dropped in read.Dropped)
        {
            await _writer!.WriteAsync(header[kept..dropped.Start], cancel);
            kept = dropped.End.Value;
        }
        await _writer!.WriteAsync(header[kept..], cancel);
        BodyOffset = _writer.Length + 2;
        Header = session.IsSubmission ? default : header.ToArray();
        _header = null;
    }

    /// <summary>All octets have come. The caller disposes what it gets; null: refused.</summary>
    /// <exception cref="StoreUnavailableException">The disk is full or failed.</exception>
    public async ValueTask<IncomingMessage?> CompleteAsync(CancellationToken cancel)
    {
        if (Refusal is null && _isInHeader)
        {
            // No empty line came: all of it is header.
            await EndHeaderAsync(_header?.WrittenMemory ?? default, cancel);
        }
        return Refusal is null ? await _writer!.CompleteAsync(cancel) : null;
    }

    public async ValueTask DisposeAsync()
    {
        if (_writer is { } writer)
        {
            _writer = null;
            await writer.DisposeAsync();
        }
    }
}
