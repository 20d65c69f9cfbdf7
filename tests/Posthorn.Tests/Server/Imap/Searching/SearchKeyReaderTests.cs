using System.Text;
using Posthorn.Server.Imap;
using Posthorn.Server.Imap.Commands;
using Posthorn.Server.Imap.Searching;

namespace Posthorn.Tests.Server.Imap.Searching;

public sealed class SearchKeyReaderTests
{
    [Theory]
    [InlineData("ALL", "all")]
    [InlineData("unseen", "-Seen")]
    [InlineData("ANSWERED UNANSWERED", "(+Answered & -Answered)")]
    [InlineData("DELETED UNDELETED DRAFT UNDRAFT", "(+Deleted & -Deleted & +Draft & -Draft)")]
    [InlineData("FLAGGED UNFLAGGED SEEN", "(+Flagged & -Flagged & +Seen)")]
    [InlineData("NEW", "(recent & -Seen)")]
    [InlineData("OLD", "!recent")]
    [InlineData("RECENT", "recent")]
    [InlineData("KEYWORD $Forwarded UNKEYWORD foo", "(+$Forwarded & -foo)")]
    [InlineData("BEFORE 1-Feb-1994", "internal Before 1994-02-01")]
    [InlineData("ON \"1-Feb-1994\"", "internal On 1994-02-01")]
    [InlineData("SINCE 01-Feb-1994", "internal Since 1994-02-01")]
    [InlineData("SENTBEFORE 1-feb-1994 SENTON 2-FEB-1994 SENTSINCE 3-Feb-1994", "(sent Before 1994-02-01 & sent On 1994-02-02 & sent Since 1994-02-03)")]
    [InlineData("LARGER 100 SMALLER 4294967296", "(>100 & <4294967296)")]
    [InlineData("FROM Smith TO \"a b\" CC x BCC y", "(From 'Smith' & To 'a b' & Cc 'x' & Bcc 'y')")]
    [InlineData("SUBJECT \"a \\\"quoted\\\" word\"", "Subject 'a \"quoted\" word'")]
    [InlineData("SUBJECT {3}\r\na\"b", "Subject 'a\"b'")]
    [InlineData("HEADER X-Spam yes", "X-Spam: 'yes'")]
    [InlineData("HEADER \"X-Spam\" \"\"", "X-Spam: ''")]
    [InlineData("HEADER message-id <1@x>", "MessageId '<1@x>'")]
    [InlineData("BODY hello TEXT world", "(body 'hello' & text 'world')")]
    [InlineData("MODSEQ 620162338", "modseq 620162338")]
    [InlineData("MODSEQ \"/flags/\\\\draft\" all 620162338", "modseq 620162338")]
    [InlineData("NOT SEEN", "!+Seen")]
    [InlineData("NOT NOT SEEN", "!!+Seen")]
    [InlineData("OR SEEN FLAGGED", "(+Seen | +Flagged)")]
    [InlineData("OR OR SEEN FLAGGED (DRAFT DELETED)", "((+Seen | +Flagged) | (+Draft & +Deleted))")]
    [InlineData("((SEEN))", "+Seen")]
    [InlineData("1:3,5 UID 7:*", "(numbers & uids)")]
    [InlineData("* SEEN", "(numbers & +Seen)")]
    [InlineData("$", "saved")]
    [InlineData("UID $", "saved")]
    [InlineData("DELETED FROM \"SMITH\" SINCE 1-Feb-1994", "(+Deleted & From 'SMITH' & internal Since 1994-02-01)")]
    public void Keys_are_read(string text, string expected) => Assert.Equal(expected, Describe(Parse(text).Program.Key));

    [Theory]
    [InlineData("")]
    [InlineData("NONSENSE")]
    [InlineData("SEEN ")]
    [InlineData("SEEN  FLAGGED")]
    [InlineData("()")]
    [InlineData("(SEEN")]
    [InlineData("SEEN)")]
    [InlineData("( SEEN)")]
    [InlineData("NOT")]
    [InlineData("OR SEEN")]
    [InlineData("FROM")]
    [InlineData("FROM (a)")]
    [InlineData("HEADER Subject")]
    [InlineData("SINCE tomorrow")]
    [InlineData("SINCE 31-Feb-2020")]
    [InlineData("BEFORE 1-Feb-94")]
    [InlineData("LARGER big")]
    [InlineData("LARGER -1")]
    [InlineData("KEYWORD \\Seen")]
    [InlineData("UID")]
    [InlineData("UID 0")]
    [InlineData("0")]
    [InlineData("1:")]
    [InlineData("1,,2")]
    [InlineData("MODSEQ")]
    [InlineData("MODSEQ \"/flags/x\" 5")]
    [InlineData("RETURN ALL SEEN")]
    [InlineData("RETURN (NONSENSE) SEEN")]
    [InlineData("RETURN (MIN)")]
    [InlineData("CHARSET UTF-8")]
    [InlineData("CHARSET US-ASCII SUBJECT \u00e9")]
    [InlineData("CHARSET NO-SUCH NONSENSE")]
    public void Malformed_searches_are_refused(string text) => Assert.Throws<ImapSyntaxException>(() => Parse(text));

    [Theory]
    [InlineData("UTF-8", "c3 a9")]
    [InlineData("utf-8", "c3 a9")]
    [InlineData("ISO-8859-1", "e9")]
    [InlineData("windows-1252", "e9")]
    [InlineData("\"ibm850\"", "82")]
    public void Strings_are_read_in_their_charset(string charset, string octets)
    {
        byte[] text = Convert.FromHexString(octets.Replace(" ", "", StringComparison.Ordinal));
        byte[] command = [.. Encoding.ASCII.GetBytes($" CHARSET {charset} SUBJECT {{{text.Length}}}\r\n"), .. text];

        Search search = Parse(command);

        Assert.Equal("Subject '\u00e9'", Describe(search.Program.Key));
        Assert.True(search.Program.IsCharsetKnown);
    }

    [Fact]
    public void An_unknown_charset_is_no_error_of_syntax() => Assert.False(Parse("CHARSET x-nonsense SUBJECT a").Program.IsCharsetKnown);

    [Fact]
    public void Utf7_is_not_known() => Assert.False(Parse("CHARSET utf-7 SUBJECT a").Program.IsCharsetKnown);

    [Theory]
    [InlineData("SEEN", null)]
    [InlineData("RETURN () SEEN", SearchReturn.None)]
    [InlineData("RETURN (MIN max ALL COUNT SAVE) SEEN", SearchReturn.Min | SearchReturn.Max | SearchReturn.All | SearchReturn.Count | SearchReturn.Save)]
    public void Return_options_are_read(string text, object? expected) => Assert.Equal((SearchReturn?)expected, Parse(text).Return?.Items);

    [Fact]
    public void Depth_is_limited()
    {
        Assert.NotNull(Parse(Nested(SearchKeyReader.MaxDepth)));
        Assert.Throws<ImapSyntaxException>(() => Parse(Nested(SearchKeyReader.MaxDepth + 1)));
        Assert.Throws<ImapSyntaxException>(() => Parse(string.Concat(Enumerable.Repeat("NOT ", 10_000)) + "SEEN"));
    }

    [Fact]
    public void The_number_of_keys_and_the_length_of_a_text_are_limited()
    {
        Assert.NotNull(Parse(string.Join(' ', Enumerable.Repeat("SEEN", SearchKeyReader.MaxKeys))));
        Assert.Throws<ImapSyntaxException>(() => Parse(string.Join(' ', Enumerable.Repeat("SEEN", SearchKeyReader.MaxKeys + 1))));
        Assert.Throws<ImapSyntaxException>(() => Parse("BODY " + new string('x', SearchKeyReader.MaxTextLength + 1)));
    }

    [Fact]
    public void Plain_numbers_are_no_uids_in_a_search_by_uid()
    {
        var reader = new ImapReader(" 1 UID 2 3"u8, ImapDialect.None) { ByUid = true };

        Search search = Search.Parse(ref reader);

        Assert.True(search.ByUid);
        Assert.Equal("(numbers & uids & numbers)", Describe(search.Program.Key));
    }

    private static string Nested(int depth) => new string('(', depth) + "SEEN" + new string(')', depth);

    private static Search Parse(string text) => Parse(Encoding.Latin1.GetBytes(" " + text));

    private static Search Parse(byte[] command)
    {
        var reader = new ImapReader(command, ImapDialect.None);
        Search search = Search.Parse(ref reader);
        reader.End();
        return search;
    }

    private static string Describe(SearchKey key) => key switch
    {
        SearchKey.All => "all",
        SearchKey.Recent => "recent",
        SearchKey.Messages messages => messages.Set.IsSavedSearch ? "saved" : messages.Set.ByUid ? "uids" : "numbers",
        SearchKey.Flag flag => (flag.IsSet ? "+" : "-") + flag.Bit,
        SearchKey.Keyword keyword => (keyword.IsSet ? "+" : "-") + keyword.Name,
        SearchKey.InternalDate date => $"internal {date.Order} {date.Day:yyyy-MM-dd}",
        SearchKey.SentDate date => $"sent {date.Order} {date.Day:yyyy-MM-dd}",
        SearchKey.Larger larger => $">{larger.Octets}",
        SearchKey.Smaller smaller => $"<{smaller.Octets}",
        SearchKey.Envelope envelope => $"{envelope.Field} '{envelope.Text}'",
        SearchKey.Header header => $"{header.Name}: '{header.Text}'",
        SearchKey.Body body => $"body '{body.Text}'",
        SearchKey.AnyText text => $"text '{text.Text}'",
        SearchKey.Modified modified => $"modseq {modified.Since}",
        SearchKey.Not not => "!" + Describe(not.Key),
        SearchKey.Or or => $"({Describe(or.Left)} | {Describe(or.Right)})",
        SearchKey.And and => $"({string.Join(" & ", and.Keys.Select(Describe))})",
        _ => throw new ArgumentOutOfRangeException(nameof(key)),
    };
}
