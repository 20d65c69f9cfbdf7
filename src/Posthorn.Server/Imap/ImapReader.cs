using System.Buffers;
using System.Buffers.Text;
using System.Text;
using Posthorn.Core;
using Posthorn.Core.Messages;
using Posthorn.Standards.Imap;
using Ascii = Posthorn.Standards.Ascii;

namespace Posthorn.Server.Imap;

/// <summary>Reads the bytes of one command; its methods are the rules of RFC 9051 §9. Literals lie in the bytes as they came.</summary>
/// <param name="command">The command without its last CRLF.</param>
/// <param name="dialect">How mailbox names are written.</param>
internal ref struct ImapReader(ReadOnlySpan<byte> command, ImapDialect dialect)
{
    /// <summary>Parts of a sequence set: far beyond what clients send, far below what would cost.</summary>
    private const int MaxSequenceRanges = 10_000;

    // RFC 9051 §9 ATOM-CHAR: any CHAR but ( ) { SP CTL % * " \ ]
    private static readonly SearchValues<byte> AtomChars = SearchValues.Create(
        "!#$&'+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[^_`abcdefghijklmnopqrstuvwxyz|}~"u8);

    // ASTRING-CHAR = ATOM-CHAR / resp-specials
    private static readonly SearchValues<byte> AStringChars = SearchValues.Create(
        "!#$&'+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz|}~"u8);

    // tag = 1*<any ASTRING-CHAR except "+">
    private static readonly SearchValues<byte> TagChars = SearchValues.Create(
        "!#$&',-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz|}~"u8);

    private static readonly SearchValues<byte> ListChars = SearchValues.Create(
        "!#$%&'*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz|}~"u8);

    private static readonly SearchValues<byte> QuotedSpecials = SearchValues.Create("\"\\\r\n\0"u8);

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ReadOnlySpan<byte> _command = command;
    private int _position;

    /// <summary>The command came in its UID form.</summary>
    public bool ByUid { get; set; }

    public readonly bool AtEnd => _position == _command.Length;

    /// <summary>What the client enabled.</summary>
    public readonly ImapDialect Dialect => dialect;

    /// <summary>What is left of the command.</summary>
    public readonly ReadOnlySpan<byte> Rest => _command[_position..];

    /// <summary>The command is complete.</summary>
    public readonly void End()
    {
        if (!AtEnd)
        {
            throw new ImapSyntaxException("There is more than the command takes.");
        }
    }

    public readonly bool IsNext(byte octet) => _position < _command.Length && _command[_position] == octet;

    public bool TryRead(byte octet)
    {
        bool isNext = IsNext(octet);
        _position += isNext ? 1 : 0;
        return isNext;
    }

    public void Expect(byte octet)
    {
        if (!TryRead(octet))
        {
            throw new ImapSyntaxException($"Expected '{(char)octet}'.");
        }
    }

    public bool TrySpace() => TryRead((byte)' ');

    public void Space()
    {
        if (!TrySpace())
        {
            throw new ImapSyntaxException(AtEnd ? "An argument is missing." : "Expected one space.");
        }
    }

    /// <summary>Takes a word when it stands here whole, its letters in either case.</summary>
    public bool TryKeyword(ReadOnlySpan<byte> word)
    {
        ReadOnlySpan<byte> rest = Rest;
        if (rest.Length < word.Length || !Ascii.EqualsIgnoreCase(rest[..word.Length], word)
            || (rest.Length > word.Length && AtomChars.Contains(rest[word.Length]) && AtomChars.Contains(word[^1])))
        {
            return false;
        }

        _position += word.Length;
        return true;
    }

    public void Keyword(ReadOnlySpan<byte> word)
    {
        if (!TryKeyword(word))
        {
            throw new ImapSyntaxException($"Expected {Encoding.ASCII.GetString(word)}.");
        }
    }

    public ReadOnlySpan<byte> Tag() => Run(TagChars, "A command begins with a tag.");

    public ReadOnlySpan<byte> Atom() => Run(AtomChars, "Expected a word.");

    /// <summary>Takes octets up to one of <paramref name="stops"/>, the end or what no atom holds.</summary>
    public ReadOnlySpan<byte> AtomUntil(ReadOnlySpan<byte> stops)
    {
        ReadOnlySpan<byte> rest = Rest;
        int end = rest.IndexOfAnyExcept(AtomChars);
        end = end < 0 ? rest.Length : end;
        int stop = rest[..end].IndexOfAny(stops);
        end = stop < 0 ? end : stop;
        if (end == 0)
        {
            throw new ImapSyntaxException("Expected a word.");
        }

        _position += end;
        return rest[..end];
    }

    /// <summary>The command's name as the table has it: "FETCH", "UID FETCH".</summary>
    public ReadOnlySpan<byte> CommandName()
    {
        int start = _position;
        ReadOnlySpan<byte> name = Atom();
        if (Ascii.EqualsIgnoreCase(name, "UID"u8) && TrySpace())
        {
            Atom();
            ByUid = true;
        }

        return _command[start.._position];
    }

    /// <summary>The octets stand in the command, or in an array of their own where backslashes had to go.</summary>
    public ReadOnlySpan<byte> AString() =>
        IsNext((byte)'"') || IsNext((byte)'{') ? String() : Run(AStringChars, "Expected a word or a string.");

    /// <summary>string = quoted / literal</summary>
    public ReadOnlySpan<byte> String()
    {
        if (TryRead((byte)'"'))
        {
            return Quoted();
        }

        if (IsNext((byte)'{'))
        {
            return Literal();
        }

        throw new ImapSyntaxException("Expected a string.");
    }

    /// <summary>nstring / literal8: octets of any value. False: NIL.</summary>
    public bool TryNString8(out ReadOnlySpan<byte> value)
    {
        if (!TryRead((byte)'~'))
        {
            return TryNString(out value);
        }

        value = LiteralOctets();
        return true;
    }

    /// <summary>nstring = string / nil. False: NIL.</summary>
    public bool TryNString(out ReadOnlySpan<byte> value)
    {
        if (TryKeyword("NIL"u8))
        {
            value = default;
            return false;
        }

        value = String();
        return true;
    }

    /// <summary>A string as text: UTF-8.</summary>
    public string Text() => Decode(AString());

    /// <summary>mailbox: the name in Unicode. INBOX in capitals.</summary>
    public string Mailbox() => MailboxName(AString());

    /// <summary>list-mailbox = 1*list-char / string: a pattern, in Unicode.</summary>
    public string ListMailbox() =>
        MailboxName(IsNext((byte)'"') || IsNext((byte)'{') ? String() : Run(ListChars, "Expected a mailbox or a pattern."));

    public uint Number()
    {
        if (!Utf8Parser.TryParse(Rest, out uint value, out int length) || Rest[0] == '+')
        {
            throw new ImapSyntaxException("Expected a number.");
        }

        _position += length;
        return value;
    }

    public uint NzNumber() => Number() is > 0 and uint value ? value : throw new ImapSyntaxException("Expected a number above 0.");

    /// <summary>number64 and mod-sequence-value: 63 bits.</summary>
    public long Number64()
    {
        if (!Utf8Parser.TryParse(Rest, out long value, out int length) || Rest[0] is (byte)'-' or (byte)'+')
        {
            throw new ImapSyntaxException("Expected a number.");
        }

        _position += length;
        return value;
    }

    public ModSeq ModSeq() => new(Number64());

    /// <summary>sequence-set, UIDs when the command is in its UID form.</summary>
    public SequenceSet SequenceSet()
    {
        if (TryRead((byte)'$'))
        {
            return new SequenceSet([], ByUid);
        }

        var ranges = new List<(uint, uint)>(1);
        do
        {
            uint first = SeqNumber();
            ranges.Add((first, TryRead((byte)':') ? SeqNumber() : first));
            if (ranges.Count > MaxSequenceRanges)
            {
                throw new ImapSyntaxException("The set has too many parts.");
            }
        }
        while (TryRead((byte)','));

        return new SequenceSet(ranges, ByUid);
    }

    /// <summary>sequence-set of numbers alone, neither "*" nor "$", in the order in which they came.</summary>
    public List<UidRange> NumberRanges()
    {
        var ranges = new List<UidRange>(1);
        do
        {
            uint first = NzNumber(), last = TryRead((byte)':') ? NzNumber() : first;
            ranges.Add(new UidRange(Math.Min(first, last), Math.Max(first, last)));
            if (ranges.Count > MaxSequenceRanges)
            {
                throw new ImapSyntaxException("The set has too many parts.");
            }
        }
        while (TryRead((byte)','));

        return ranges;
    }

    /// <summary>The announcement of a literal that is not part of the command's bytes.</summary>
    public LiteralHeader LiteralHeader()
    {
        if (!Imap.LiteralHeader.TryFind(new ReadOnlySequence<byte>(Rest.ToArray()), out LiteralHeader header) || Rest[0] != '{')
        {
            throw new ImapSyntaxException("Expected a literal.");
        }

        _position = _command.Length;
        return header;
    }

    /// <summary>flag-list, with its parentheses.</summary>
    public FlagList FlagList()
    {
        Expect((byte)'(');
        FlagList flags = IsNext((byte)')') ? Imap.FlagList.Empty : Flags();
        Expect((byte)')');
        return flags;
    }

    /// <summary>flag *(SP flag)</summary>
    public FlagList Flags()
    {
        var flags = MessageFlags.None;
        List<string>? keywords = null;
        do
        {
            if (TryRead((byte)'\\'))
            {
                flags |= Imap.FlagList.SystemFlag(Atom());
                continue;
            }

            ReadOnlySpan<byte> keyword = Atom();
            keywords ??= [];
            if (keyword.Length > FlagKeyword.MaxLength || keywords.Count == KeywordBits.Most)
            {
                throw new ImapSyntaxException("A keyword is too long, or there are too many.");
            }

            keywords.Add(Encoding.ASCII.GetString(keyword));
        }
        while (TrySpace());
        return new FlagList(flags, keywords ?? []);
    }

    /// <summary>date-time, in quotes.</summary>
    public DateTimeOffset DateTime()
    {
        Expect((byte)'"');
        return ImapDates.TryParseDateTime(Quoted(), out DateTimeOffset value) ? value : throw new ImapSyntaxException("That is not a date and time.");
    }

    /// <summary>date, with or without quotes: the day alone.</summary>
    public DateOnly Date()
    {
        ReadOnlySpan<byte> text = TryRead((byte)'"') ? Quoted() : Atom();
        return ImapDates.TryParseDate(text, out DateOnly value) ? value : throw new ImapSyntaxException("That is not a date.");
    }

    private uint SeqNumber() => TryRead((byte)'*') ? Imap.SequenceSet.Last : NzNumber();

    private ReadOnlySpan<byte> Run(SearchValues<byte> allowed, string otherwise)
    {
        ReadOnlySpan<byte> rest = Rest;
        int end = rest.IndexOfAnyExcept(allowed);
        end = end < 0 ? rest.Length : end;
        if (end == 0)
        {
            throw new ImapSyntaxException(otherwise);
        }

        _position += end;
        return rest[..end];
    }

    // quoted = DQUOTE *QUOTED-CHAR DQUOTE; the opening quote is read.
    private ReadOnlySpan<byte> Quoted()
    {
        ReadOnlySpan<byte> rest = Rest;
        int end = rest.IndexOfAny(QuotedSpecials);
        if (end >= 0 && rest[end] == '"')
        {
            _position += end + 1;
            return rest[..end];
        }

        // One more: the quote may be the last octet of the command.
        var unescaped = new ArrayBufferWriter<byte>(rest.Length + 1);
        while (end >= 0 && rest[end] is (byte)'\\' or (byte)'"')
        {
            unescaped.Write(rest[..end]);
            if (rest[end] == '"')
            {
                _position = _command.Length - rest.Length + end + 1;
                return unescaped.WrittenSpan;
            }

            if (rest.Length < end + 2 || rest[end + 1] is not ((byte)'\\' or (byte)'"'))
            {
                break;
            }

            unescaped.Write(rest.Slice(end + 1, 1));
            rest = rest[(end + 2)..];
            end = rest.IndexOfAny(QuotedSpecials);
        }

        throw new ImapSyntaxException("A quoted string is not closed, or has an octet that it cannot have.");
    }

    // literal = "{" number64 ["+"] "}" CRLF *CHAR8; that all of it is here was seen to when the command was read.
    private ReadOnlySpan<byte> Literal()
    {
        ReadOnlySpan<byte> value = LiteralOctets();
        return value.Contains((byte)0) ? throw new ImapSyntaxException("A literal holds a NUL.") : value;
    }

    private ReadOnlySpan<byte> LiteralOctets()
    {
        Expect((byte)'{');
        long length = Number64();
        TryRead((byte)'+');
        Expect((byte)'}');
        TryRead((byte)'\r');
        Expect((byte)'\n');
        if (length > Rest.Length)
        {
            throw new ImapSyntaxException("A literal is cut short.");
        }

        ReadOnlySpan<byte> value = Rest[..(int)length];
        _position += (int)length;
        return value;
    }

    private readonly string MailboxName(ReadOnlySpan<byte> name)
    {
        string text = Decode(name);
        return (dialect & ImapDialect.Utf8Names) != 0 || ModifiedUtf7.TryDecode(text, out text)
            ? text
            : throw new ImapSyntaxException("A mailbox name is not in modified UTF-7.");
    }

    private static string Decode(ReadOnlySpan<byte> octets)
    {
        try
        {
            return StrictUtf8.GetString(octets);
        }
        catch (DecoderFallbackException)
        {
            throw new ImapSyntaxException("A string is not UTF-8.");
        }
    }
}
