using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Posthorn.Server.Connections;

namespace Posthorn.Server.Smtp;

/// <summary>An answer: commands return it, the loop writes it.</summary>
/// <remarks>
/// RFC 5321 §4.2; enhanced codes RFC 2034 §4, on every line. Text is ASCII, lines are divided by LF. An answer that is the same each
/// time is made once (<see cref="Fixed"/>) and kept as octets.
/// </remarks>
internal sealed class SmtpReply
{
    private byte[]? _octets;

    public SmtpReply(int code, string? enhanced, string text)
    {
        Debug.Assert(enhanced is null || enhanced[0] - '0' == code / 100, "The enhanced code is of another class than the code.");
        (Code, Enhanced, Text) = (code, enhanced, text);
    }

    public int Code { get; }

    /// <summary>Null where RFC 2034 wants none: the greeting, EHLO, 354, 334.</summary>
    public string? Enhanced { get; }

    public string Text { get; }

    /// <summary>The session ends once this is sent.</summary>
    public EndReason? Ends { get; init; }

    /// <summary>2xx: the command did what it was to do.</summary>
    public bool IsPositive => Code < 300;

    /// <summary>The client did not speak SMTP well: unknown, malformed, out of order.</summary>
    public bool IsBadCommand => Code is >= 500 and <= 504;

    public static readonly SmtpReply Ok = Fixed(250, "2.0.0", "OK");
    public static readonly SmtpReply StoreIsFull = Fixed(452, "4.3.1", "The disk here is full; try again later");
    public static readonly SmtpReply StoreFailed = Fixed(451, "4.3.0", "The mail store is not available now; try again later");
    public static readonly SmtpReply Fault = Fixed(451, "4.3.0", "Something went wrong here; try again later");
    public static readonly SmtpReply TooLarge = Fixed(552, "5.3.4", "The message is larger than this server takes");

    /// <summary>An answer that never changes.</summary>
    public static SmtpReply Fixed(int code, string? enhanced, string text)
    {
        var reply = new SmtpReply(code, enhanced, text);
        reply._octets = reply.Encode();
        return reply;
    }

    /// <summary>An answer that never changes and is the last one.</summary>
    public static SmtpReply Ending(int code, string enhanced, string text, EndReason reason)
    {
        var reply = new SmtpReply(code, enhanced, text) { Ends = reason };
        reply._octets = reply.Encode();
        return reply;
    }

    /// <summary>The command has answered already.</summary>
    public static readonly SmtpReply Nothing = new(220, null, "") { _octets = [] };

    /// <summary>The end without a word: the client is gone or not to be talked to.</summary>
    public static SmtpReply Silence(EndReason reason) => new(221, null, "") { _octets = [], Ends = reason };

    /// <summary>The same answer as the last one of the session.</summary>
    public SmtpReply AndEnd(EndReason reason) => new(Code, Enhanced, Text) { Ends = reason };

    public void WriteTo(IBufferWriter<byte> output) => output.Write(_octets ?? Encode());

    public byte[] Encode()
    {
        var octets = new ArrayBufferWriter<byte>(Text.Length + 16);
        ReadOnlySpan<char> text = Text;
        foreach (var range in text.Split('\n'))
        {
            WriteLine(octets, text[range], isLast: range.End.Value == text.Length);
        }
        return octets.WrittenSpan.ToArray();
    }

    private void WriteLine(ArrayBufferWriter<byte> output, ReadOnlySpan<char> text, bool isLast)
    {
        Span<byte> line = output.GetSpan(text.Length + 32);
        Code.TryFormat(line, out var length, default, CultureInfo.InvariantCulture);
        line[length++] = isLast ? (byte)' ' : (byte)'-';
        if (Enhanced is not null)
        {
            length += Encoding.ASCII.GetBytes(Enhanced, line[length..]);
            line[length++] = (byte)' ';
        }
        foreach (var c in text)
        {
            // Nothing a client said can end the line or start another one.
            line[length++] = c is >= ' ' and <= '~' ? (byte)c : (byte)'?';
        }
        line[length++] = (byte)'\r';
        line[length++] = (byte)'\n';
        output.Advance(length);
    }

    public override string ToString() => Enhanced is null ? $"{Code} {Text}" : $"{Code} {Enhanced} {Text}";
}
