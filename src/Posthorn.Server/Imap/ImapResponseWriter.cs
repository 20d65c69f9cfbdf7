using System.Buffers.Text;
using System.IO.Pipelines;
using System.Text;
using Posthorn.Core;
using Posthorn.Core.Bodies;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Standards.Imap;

namespace Posthorn.Server.Imap;

/// <summary>Writes responses: tokens, and the whole responses that several commands share. One owner, the session.</summary>
/// <remarks>
/// Nothing is sent before a flush; the reader of commands flushes when it has to wait, so pipelined commands share one. What is written between two
/// flushes is held in memory: whoever writes much asks <see cref="FlushIfLargeAsync"/> between responses. No allocation for a token.
/// </remarks>
internal sealed class ImapResponseWriter(PipeWriter output)
{
    /// <summary>Held before a flush: a full buffer of the transport.</summary>
    public const int FlushAbove = 32 * 1024;

    /// <summary>What a token asks for at least, and a quoted string at most (RFC 2683 §3.2.1.5 speaks of 1,000 octets of a line).</summary>
    private const int Chunk = 512;

    private static readonly string[] SystemFlags = ["\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft"];

    private Memory<byte> _free;
    private int _used;
    private long _unflushed;

    public ImapDialect Dialect { get; set; }

    /// <summary>Whether the client speaks this dialect, asked for each response: without HasFlag, which allocates until the method is compiled a second time.</summary>
    public bool Speaks(ImapDialect dialect) => (Dialect & dialect) != 0;

    /// <summary>The client is gone: what is written goes nowhere.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>A response is begun and not ended: after a fault here the connection is of no use.</summary>
    public bool IsMidResponse { get; private set; }

    public void Write(ReadOnlySpan<byte> octets)
    {
        IsMidResponse = true;
        while (true)
        {
            Span<byte> free = Free(1);
            int count = Math.Min(free.Length, octets.Length);
            octets[..count].CopyTo(free);
            _used += count;
            if (count == octets.Length)
            {
                return;
            }

            octets = octets[count..];
        }
    }

    public void Write(byte octet)
    {
        IsMidResponse = true;
        Free(1)[0] = octet;
        _used++;
    }

    public void Space() => Write((byte)' ');

    /// <summary>Text of ours or of the store, as UTF-8, without the line breaks it may not have.</summary>
    public void Text(ReadOnlySpan<char> text)
    {
        IsMidResponse = true;
        foreach (Rune rune in text.EnumerateRunes())
        {
            // Not in one statement: "_used +=" would read the old value before Free sets it back.
            int length = (rune.Value is '\r' or '\n' or 0 ? new Rune(' ') : rune).EncodeToUtf8(Free(4));
            _used += length;
        }
    }

    public void Number(long value)
    {
        IsMidResponse = true;
        Utf8Formatter.TryFormat(value, Free(20), out int length);
        _used += length;
    }

    /// <summary>string: quoted where that is short and allowed, else a literal.</summary>
    public void String(ReadOnlySpan<byte> value)
    {
        if (value.Length > Chunk || value.ContainsAnyExceptInRange((byte)' ', (byte)'~'))
        {
            LiteralHeader(value.Length);
            Write(value);
            return;
        }

        Quoted(value);
    }

    public void LiteralHeader(long length)
    {
        Write((byte)'{');
        Number(length);
        Write("}\r\n"u8);
    }

    /// <summary>mailbox: modified UTF-7, or UTF-8 to a client of IMAP4rev2 or UTF8=ACCEPT.</summary>
    public void Mailbox(string name)
    {
        if (name == Core.Mailboxes.Mailbox.Inbox)
        {
            Write("INBOX"u8);
            return;
        }

        Quoted(Encoding.UTF8.GetBytes((Dialect & ImapDialect.Utf8Names) != 0 ? name : ModifiedUtf7.Encode(name)));
    }

    /// <summary>flag-list with parentheses.</summary>
    public void Flags(MessageFlags flags, IReadOnlyList<string> keywords)
    {
        Write((byte)'(');
        FlagNames(flags, keywords);
        Write((byte)')');
    }

    /// <summary>flag-perm list: <c>\*</c> where a client may name new keywords.</summary>
    public void PermanentFlags(MessageFlags flags, IReadOnlyList<string> keywords, bool mayAdd)
    {
        Write((byte)'(');
        FlagNames(flags, keywords);
        Write(mayAdd ? " \\*)"u8 : ")"u8);
    }

    /// <summary>What every response about flags holds: <c>UID 4 FLAGS (\Seen)</c>, and MODSEQ to clients that know of it (RFC 7162 §3.1).</summary>
    public void FlagItems(MessageEntry message, IReadOnlyList<string> keywords)
    {
        UidItem(message.Uid);
        Write("FLAGS "u8);
        Flags(message.Flags, keywords);
        if (Speaks(ImapDialect.CondStore))
        {
            Space();
            ModSeqItem(message.ModSeq);
        }
    }

    public void ModSeqItem(ModSeq modSeq)
    {
        Write("MODSEQ ("u8);
        Number(modSeq.Value);
        Write((byte)')');
    }

    private void FlagNames(MessageFlags flags, IReadOnlyList<string> keywords)
    {
        bool first = true;
        for (int i = 0; i < SystemFlags.Length; i++)
        {
            first = Flag(((ulong)flags & (1UL << i)) != 0, SystemFlags[i], first);
        }

        for (int i = 0; i < keywords.Count && flags > MessageFlags.System; i++)
        {
            first = Flag((flags & KeywordBits.Of(i)) != 0, keywords[i], first);
        }
    }

    public void DateTime(DateTimeOffset value)
    {
        Span<byte> text = stackalloc byte[ImapDates.DateTimeLength];
        ImapDates.FormatDateTime(value, text);
        Quoted(text);
    }

    public void EndLine()
    {
        Write("\r\n"u8);
        IsMidResponse = false;
    }

    /// <summary>A whole response line, its CRLF added.</summary>
    public void Line(ReadOnlySpan<byte> line)
    {
        Write(line);
        EndLine();
    }

    /// <summary><c>* 23 EXISTS</c>, <c>* 3 EXPUNGE</c>.</summary>
    public void Numbered(long number, ReadOnlySpan<byte> response)
    {
        Write("* "u8);
        Number(number);
        Space();
        Line(response);
    }

    /// <summary><c>* VANISHED 41,43:116</c>; with <paramref name="isEarlier"/> of messages that no number of the session counts (RFC 7162 §3.2.10).</summary>
    public async ValueTask VanishedAsync(UidSet uids, bool isEarlier, CancellationToken cancel)
    {
        Write(isEarlier ? "* VANISHED (EARLIER) "u8 : "* VANISHED "u8);
        await SetAsync(uids.Ranges, cancel);
        EndLine();
    }

    /// <summary>sequence-set, however long.</summary>
    public async ValueTask SetAsync(IEnumerable<UidRange> ranges, CancellationToken cancel)
    {
        bool isFirst = true;
        foreach (UidRange range in ranges)
        {
            if (!isFirst)
            {
                Write((byte)',');
            }

            isFirst = false;
            Number(range.First);
            if (range.Last != range.First)
            {
                Write((byte)':');
                Number(range.Last);
            }

            await FlushIfLargeAsync(cancel);
        }
    }

    /// <summary>Begins <c>* 2 FETCH (</c>, or <c>* 32 UIDFETCH (</c> to a client that wants UIDs only; the items follow, then ")" and the end of the line.</summary>
    public void BeginFetch(int number, uint uid)
    {
        bool byUid = Speaks(ImapDialect.UidOnly);
        Write("* "u8);
        Number(byUid ? uid : number);
        Write(byUid ? " UIDFETCH ("u8 : " FETCH ("u8);
    }

    /// <summary>The UID as the first item, where the response does not begin with it.</summary>
    public void UidItem(uint uid)
    {
        if (!Speaks(ImapDialect.UidOnly))
        {
            Write("UID "u8);
            Number(uid);
            Space();
        }
    }

    /// <summary><c>* OK [CODE] text</c>: resp-cond-state and resp-cond-bye.</summary>
    public void Status(ReadOnlySpan<byte> condition, ResponseCode code, ReadOnlySpan<char> text)
    {
        Write("* "u8);
        Condition(condition, code, text);
    }

    public void Tagged(ReadOnlySpan<byte> tag, ImapResult result, string commandName)
    {
        Write(tag);
        Space();
        ReadOnlySpan<byte> condition = result.Status switch { ImapStatus.Ok => "OK"u8, ImapStatus.No => "NO"u8, _ => "BAD"u8 };
        if (result.Text is not null)
        {
            Condition(condition, result.Code, result.Text);
            return;
        }

        Write(condition);
        Space();
        Code(result.Code);
        Text(commandName);
        Line(" completed"u8);
    }

    /// <summary>continue-req; the text may be base64 of SASL, or empty.</summary>
    public void Continue(ReadOnlySpan<byte> text)
    {
        Write("+ "u8);
        Line(text);
    }

    /// <summary>Copies a part of a message behind its <see cref="LiteralHeader"/>, flushing as it goes.</summary>
    public async ValueTask CopyAsync(MessageContent content, long offset, long length, CancellationToken cancel)
    {
        Commit();
        await content.CopyToAsync(output, offset, length, cancel);
        _unflushed += length;
    }

    public ValueTask FlushIfLargeAsync(CancellationToken cancel) => _unflushed + _used > FlushAbove ? FlushAsync(cancel) : ValueTask.CompletedTask;

    public ValueTask FlushAsync(CancellationToken cancel)
    {
        Commit();
        if (_unflushed == 0)
        {
            return ValueTask.CompletedTask;
        }

        _unflushed = 0;
        ValueTask<FlushResult> flush = output.FlushAsync(cancel);
        if (!flush.IsCompletedSuccessfully)
        {
            return AwaitAsync(flush);
        }

        IsClosed |= flush.Result.IsCompleted;
        return ValueTask.CompletedTask;
    }

    private async ValueTask AwaitAsync(ValueTask<FlushResult> flush) => IsClosed |= (await flush).IsCompleted;

    private void Condition(ReadOnlySpan<byte> condition, ResponseCode code, ReadOnlySpan<char> text)
    {
        Write(condition);
        Space();
        Code(code);
        Text(text);
        EndLine();
    }

    private void Code(ResponseCode code)
    {
        if (code.Text is not null)
        {
            Write((byte)'[');
            Text(code.Text);
            Write("] "u8);
        }
    }

    private bool Flag(bool isSet, string name, bool first)
    {
        if (isSet)
        {
            if (!first)
            {
                Space();
            }

            Text(name);
        }

        return first && !isSet;
    }

    private void Quoted(ReadOnlySpan<byte> value)
    {
        Write((byte)'"');
        while (value.IndexOfAny((byte)'"', (byte)'\\') is >= 0 and int special)
        {
            Write(value[..special]);
            Write((byte)'\\');
            Write(value[special]);
            value = value[(special + 1)..];
        }

        Write(value);
        Write((byte)'"');
    }

    private Span<byte> Free(int atLeast)
    {
        if (_free.Length - _used < atLeast)
        {
            Commit();
            _free = output.GetMemory(Math.Max(atLeast, Chunk));
        }

        return _free.Span[_used..];
    }

    // What is not used goes back: an idle connection holds no buffer.
    private void Commit()
    {
        if (_used > 0)
        {
            output.Advance(_used);
            _unflushed += _used;
        }

        _free = default;
        _used = 0;
    }
}
