using System.Collections.Frozen;
using System.Text;
using Posthorn.Core.Messages;
using Ascii = Posthorn.Standards.Ascii;

namespace Posthorn.Server.Imap.Searching;

/// <summary>Reads search keys.</summary>
/// <param name="charset">Of the strings; throws where octets are not of it.</param>
internal sealed class SearchKeyReader(Encoding charset)
{
    /// <summary>Parentheses, NOT and OR inside each other.</summary>
    public const int MaxDepth = 50;

    /// <summary>Keys of one search: what it costs for one message grows with them.</summary>
    public const int MaxKeys = 1_000;

    /// <summary>Characters of one text.</summary>
    public const int MaxTextLength = 2_000;

    /// <summary>RFC 8474 §7.</summary>
    private const int MaxObjectId = 255;

    private static readonly SearchKey.All All = new();
    private static readonly SearchKey.Recent Recent = new();

    private static readonly FrozenDictionary<string, Rule> Rules = new Dictionary<string, Rule>
    {
        ["ALL"] = static (SearchKeyReader _, ref ImapReader _, int _) => All,
        ["RECENT"] = static (SearchKeyReader _, ref ImapReader _, int _) => Recent,
        ["NEW"] = static (SearchKeyReader _, ref ImapReader _, int _) => new SearchKey.And([Recent, new SearchKey.Flag(MessageFlags.Seen, IsSet: false)]),
        ["OLD"] = static (SearchKeyReader _, ref ImapReader _, int _) => new SearchKey.Not(Recent),
        ["ANSWERED"] = Flag(MessageFlags.Answered, isSet: true),
        ["UNANSWERED"] = Flag(MessageFlags.Answered, isSet: false),
        ["DELETED"] = Flag(MessageFlags.Deleted, isSet: true),
        ["UNDELETED"] = Flag(MessageFlags.Deleted, isSet: false),
        ["DRAFT"] = Flag(MessageFlags.Draft, isSet: true),
        ["UNDRAFT"] = Flag(MessageFlags.Draft, isSet: false),
        ["FLAGGED"] = Flag(MessageFlags.Flagged, isSet: true),
        ["UNFLAGGED"] = Flag(MessageFlags.Flagged, isSet: false),
        ["SEEN"] = Flag(MessageFlags.Seen, isSet: true),
        ["UNSEEN"] = Flag(MessageFlags.Seen, isSet: false),
        ["KEYWORD"] = Keyword(isSet: true),
        ["UNKEYWORD"] = Keyword(isSet: false),
        ["BEFORE"] = static (SearchKeyReader _, ref ImapReader reader, int _) => new SearchKey.InternalDate(SearchDate.Before, Day(ref reader)),
        ["ON"] = static (SearchKeyReader _, ref ImapReader reader, int _) => new SearchKey.InternalDate(SearchDate.On, Day(ref reader)),
        ["SINCE"] = static (SearchKeyReader _, ref ImapReader reader, int _) => new SearchKey.InternalDate(SearchDate.Since, Day(ref reader)),
        ["SENTBEFORE"] = static (SearchKeyReader _, ref ImapReader reader, int _) => new SearchKey.SentDate(SearchDate.Before, Day(ref reader)),
        ["SENTON"] = static (SearchKeyReader _, ref ImapReader reader, int _) => new SearchKey.SentDate(SearchDate.On, Day(ref reader)),
        ["SENTSINCE"] = static (SearchKeyReader _, ref ImapReader reader, int _) => new SearchKey.SentDate(SearchDate.Since, Day(ref reader)),
        ["SAVEDBEFORE"] = static (SearchKeyReader _, ref ImapReader reader, int _) => new SearchKey.SaveDate(SearchDate.Before, Day(ref reader)),
        ["SAVEDON"] = static (SearchKeyReader _, ref ImapReader reader, int _) => new SearchKey.SaveDate(SearchDate.On, Day(ref reader)),
        ["SAVEDSINCE"] = static (SearchKeyReader _, ref ImapReader reader, int _) => new SearchKey.SaveDate(SearchDate.Since, Day(ref reader)),
        // Every mailbox keeps it.
        ["SAVEDATESUPPORTED"] = static (SearchKeyReader _, ref ImapReader _, int _) => All,
        ["EMAILID"] = static (SearchKeyReader _, ref ImapReader reader, int _) => new SearchKey.EmailId(ObjectId(ref reader)),
        ["THREADID"] = static (SearchKeyReader _, ref ImapReader reader, int _) => new SearchKey.ThreadId(ObjectId(ref reader)),
        ["LARGER"] = static (SearchKeyReader _, ref ImapReader reader, int _) => new SearchKey.Larger(Number(ref reader)),
        ["SMALLER"] = static (SearchKeyReader _, ref ImapReader reader, int _) => new SearchKey.Smaller(Number(ref reader)),
        ["OLDER"] = static (SearchKeyReader _, ref ImapReader reader, int _) => new SearchKey.Within(Seconds(ref reader), IsOlder: true),
        ["YOUNGER"] = static (SearchKeyReader _, ref ImapReader reader, int _) => new SearchKey.Within(Seconds(ref reader), IsOlder: false),
        ["FROM"] = Envelope(SearchField.From),
        ["TO"] = Envelope(SearchField.To),
        ["CC"] = Envelope(SearchField.Cc),
        ["BCC"] = Envelope(SearchField.Bcc),
        ["SUBJECT"] = Envelope(SearchField.Subject),
        ["HEADER"] = static (SearchKeyReader self, ref ImapReader reader, int _) => self.ReadHeader(ref reader),
        ["BODY"] = static (SearchKeyReader self, ref ImapReader reader, int _) => new SearchKey.Body(self.ReadText(ref reader)),
        ["TEXT"] = static (SearchKeyReader self, ref ImapReader reader, int _) => new SearchKey.AnyText(self.ReadText(ref reader)),
        ["UID"] = static (SearchKeyReader _, ref ImapReader reader, int _) => new SearchKey.Messages(Set(ref reader, byUid: true)),
        ["MODSEQ"] = static (SearchKeyReader _, ref ImapReader reader, int _) => ReadModSeq(ref reader),
        ["NOT"] = static (SearchKeyReader self, ref ImapReader reader, int depth) => new SearchKey.Not(self.ReadNext(ref reader, depth)),
        ["FUZZY"] = static (SearchKeyReader self, ref ImapReader reader, int depth) => new SearchKey.Fuzzy(self.ReadNext(ref reader, depth)),
        ["OR"] = static (SearchKeyReader self, ref ImapReader reader, int depth) =>
            new SearchKey.Or(self.ReadNext(ref reader, depth), self.ReadNext(ref reader, depth)),
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenDictionary<string, Rule>.AlternateLookup<ReadOnlySpan<char>> Lookup = Rules.GetAlternateLookup<ReadOnlySpan<char>>();

    private static readonly int LongestName = Rules.Keys.Max(name => name.Length);

    private int _keys;

    private delegate SearchKey Rule(SearchKeyReader self, ref ImapReader reader, int depth);

    /// <summary>search-key *(SP search-key), up to the end or a closing parenthesis.</summary>
    public SearchKey ReadAll(ref ImapReader reader) => ReadAll(ref reader, depth: 0);

    private SearchKey ReadAll(ref ImapReader reader, int depth)
    {
        var keys = new List<SearchKey>();
        do
        {
            keys.Add(Read(ref reader, depth));
        }
        while (reader.TrySpace());
        return keys is [var only] ? only : new SearchKey.And(keys);
    }

    private SearchKey ReadNext(ref ImapReader reader, int depth)
    {
        reader.Space();
        return Read(ref reader, depth);
    }

    private SearchKey Read(ref ImapReader reader, int depth)
    {
        if (depth > MaxDepth || ++_keys > MaxKeys)
        {
            throw new ImapSyntaxException(depth > MaxDepth ? "The search is nested too deep." : "The search has too many keys.");
        }

        if (reader.TryRead((byte)'('))
        {
            SearchKey inside = ReadAll(ref reader, depth + 1);
            reader.Expect((byte)')');
            return inside;
        }

        if (!reader.AtEnd && reader.Rest[0] is (>= (byte)'0' and <= (byte)'9') or (byte)'*' or (byte)'$')
        {
            // RFC 9051 §6.4.9: sequence numbers are meant in UID SEARCH too.
            return new SearchKey.Messages(ReadSet(ref reader, byUid: false));
        }

        ReadOnlySpan<byte> name = reader.Atom();
        Span<char> text = stackalloc char[LongestName];
        return name.Length <= LongestName && Lookup.TryGetValue(text[..Encoding.Latin1.GetChars(name, text)], out Rule? rule)
            ? rule(this, ref reader, depth + 1)
            : throw new ImapSyntaxException("There is no such search key.");
    }

    private string ReadText(ref ImapReader reader)
    {
        reader.Space();
        string text;
        try
        {
            text = charset.GetString(reader.AString());
        }
        catch (DecoderFallbackException)
        {
            throw new ImapSyntaxException("A string is not in the charset of the search.");
        }

        return text.Length <= MaxTextLength ? text : throw new ImapSyntaxException("A text to search for is too long.");
    }

    // "HEADER" SP header-fld-name SP astring
    private SearchKey ReadHeader(ref ImapReader reader)
    {
        reader.Space();
        ReadOnlySpan<byte> name = reader.AString();
        string fieldName = Encoding.Latin1.GetString(name);
        SearchField? field = name switch
        {
            _ when Ascii.EqualsIgnoreCase(name, "Subject"u8) => SearchField.Subject,
            _ when Ascii.EqualsIgnoreCase(name, "Message-ID"u8) => SearchField.MessageId,
            _ when Ascii.EqualsIgnoreCase(name, "In-Reply-To"u8) => SearchField.InReplyTo,
            _ => null,
        };
        string text = ReadText(ref reader);

        // RFC 5322 §3.6: these come once at most. Where one does not keep to it, the first counts, as in ENVELOPE.
        return field is { } known ? new SearchKey.Envelope(known, text) : new SearchKey.Header(fieldName, text);
    }

    // "MODSEQ" [search-modseq-ext] SP mod-sequence-valzer     RFC 7162 §7
    private static SearchKey.Modified ReadModSeq(ref ImapReader reader)
    {
        reader.Space();
        if (reader.IsNext((byte)'"'))
        {
            reader.String();
            reader.Space();
            if (!reader.TryKeyword("priv"u8) && !reader.TryKeyword("shared"u8))
            {
                reader.Keyword("all"u8);
            }

            reader.Space();
        }

        return new SearchKey.Modified(reader.ModSeq());
    }

    private static Rule Flag(MessageFlags flag, bool isSet)
    {
        var key = new SearchKey.Flag(flag, isSet);
        return (SearchKeyReader _, ref ImapReader _, int _) => key;
    }

    private static Rule Keyword(bool isSet) => (SearchKeyReader _, ref ImapReader reader, int _) =>
    {
        reader.Space();
        return new SearchKey.Keyword(Encoding.Latin1.GetString(reader.Atom()), isSet);
    };

    private static Rule Envelope(SearchField field) =>
        (SearchKeyReader self, ref ImapReader reader, int _) => new SearchKey.Envelope(field, self.ReadText(ref reader));

    // objectid = 1*255(ALPHA / DIGIT / "_" / "-")     RFC 8474 §7
    private static string ObjectId(ref ImapReader reader)
    {
        reader.Space();
        string id = Encoding.Latin1.GetString(reader.Atom());
        return id.Length <= MaxObjectId && id.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '-')
            ? id
            : throw new ImapSyntaxException("That is no object id.");
    }

    private static DateOnly Day(ref ImapReader reader)
    {
        reader.Space();
        return reader.Date();
    }

    // ("OLDER" / "YOUNGER") SP nz-number     RFC 5032 §3
    private static uint Seconds(ref ImapReader reader)
    {
        reader.Space();
        return reader.NzNumber();
    }

    private static long Number(ref ImapReader reader)
    {
        reader.Space();
        return reader.Number64();
    }

    private static SequenceSet Set(ref ImapReader reader, bool byUid)
    {
        reader.Space();
        return ReadSet(ref reader, byUid);
    }

    private static SequenceSet ReadSet(ref ImapReader reader, bool byUid)
    {
        bool commandIsByUid = reader.ByUid;
        reader.ByUid = byUid;
        SequenceSet set = reader.SequenceSet();
        reader.ByUid = commandIsByUid;
        return set;
    }
}
