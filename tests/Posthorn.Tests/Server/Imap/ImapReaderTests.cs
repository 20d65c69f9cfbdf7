using System.Text;
using Posthorn.Core.Messages;
using Posthorn.Server.Imap;

namespace Posthorn.Tests.Server.Imap;

public sealed class ImapReaderTests
{
    private static ImapReader Read(string text) => new(Encoding.UTF8.GetBytes(text), ImapDialect.None);

    private static string Text(string text) => Encoding.UTF8.GetString(Read(text).AString());

    [Theory]
    [InlineData("abc", "abc")]
    [InlineData("abc def", "abc")]
    [InlineData("a]b", "a]b")]
    [InlineData("\"\"", "")]
    [InlineData("\"a b\"", "a b")]
    [InlineData("\"a\\\"b\\\\c\" rest", "a\"b\\c")]
    [InlineData("\"ä\"", "ä")]
    [InlineData("{3}\r\na\r\n", "a\r\n")]
    [InlineData("{3+}\r\nabc", "abc")]
    [InlineData("{0}\r\n", "")]
    [InlineData("{2}\nab", "ab")]
    public void An_astring_is_read(string text, string value) => Assert.Equal(value, Text(text));

    [Theory]
    [InlineData("")]
    [InlineData("(")]
    [InlineData("\"open")]
    [InlineData("\"bad \\escape\"")]
    [InlineData("\"line\r\nbreak\"")]
    [InlineData("\"nul\0\"")]
    [InlineData("\"\\")]
    [InlineData("{3}\r\nab")]
    [InlineData("{3}ab")]
    [InlineData("{}\r\n")]
    [InlineData("{-1}\r\n")]
    [InlineData("{99999999999999999999}\r\n")]
    [InlineData("{1}\r\n\0")]
    [InlineData("%")]
    public void A_broken_astring_is_refused(string text) => Assert.Throws<ImapSyntaxException>(() => Text(text));

    [Theory]
    [InlineData("inbox", "inbox")]
    [InlineData("\"&AMQ-pfel/B&AOQ-r\"", "Äpfel/Bär")]
    [InlineData("&-", "&")]
    public void A_mailbox_is_decoded_from_modified_utf7(string text, string name) => Assert.Equal(name, Read(text).Mailbox());

    [Theory]
    [InlineData("&")]
    [InlineData("\"ä\"")]
    [InlineData("&AMQ")]
    public void A_mailbox_in_a_wrong_encoding_is_refused(string text) => Assert.Throws<ImapSyntaxException>(() => Read(text).Mailbox());

    [Fact]
    public void A_mailbox_is_utf8_after_enable_imap4rev2() =>
        Assert.Equal("Ä&", new ImapReader("\"Ä&\""u8, ImapDialect.Imap4Rev2).Mailbox());

    [Theory]
    [InlineData("1", "1")]
    [InlineData("1:3,2", "1:3")]
    [InlineData("5:4", "4:5")]
    [InlineData("*", "5")]
    [InlineData("4:*", "4:5")]
    [InlineData("*:4,1", "1,4:5")]
    [InlineData("1,3,5", "1,3,5")]
    public void A_sequence_set_names_messages(string text, string positions)
    {
        IReadOnlyList<PositionRange> found = Resolve(text, byUid: false, [10, 20, 30, 40, 50])!;
        Assert.Equal(positions, UidSet.From(found.Select(range => new UidRange((uint)range.First + 1, (uint)range.Last + 1))).ToString());
    }

    [Theory]
    [InlineData("6")]
    [InlineData("1:6")]
    [InlineData("4294967295")]
    public void A_number_above_the_last_is_the_clients_error(string text) => Assert.Null(Resolve(text, byUid: false, [10, 20, 30, 40, 50]));

    [Theory]
    [InlineData("1:*", "1:3")]
    [InlineData("15:25", "2")]
    [InlineData("99:*", "3")]
    [InlineData("11:19", "")]
    [InlineData("30,10", "1,3")]
    public void A_uid_set_passes_over_what_is_not_there(string text, string positions)
    {
        IReadOnlyList<PositionRange> found = Resolve(text, byUid: true, [10, 20, 30])!;
        Assert.Equal(positions, UidSet.From(found.Select(range => new UidRange((uint)range.First + 1, (uint)range.Last + 1))).ToString());
    }

    [Theory]
    [InlineData("1:*", false)]
    [InlineData("*", false)]
    [InlineData("1:*", true)]
    [InlineData("7", true)]
    public void In_an_empty_mailbox_a_set_names_nothing(string text, bool byUid) => Assert.Empty(Resolve(text, byUid, [])!);

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("1,")]
    [InlineData("1:")]
    [InlineData(":1")]
    [InlineData("a")]
    [InlineData("-1")]
    [InlineData("4294967296")]
    public void A_broken_set_is_refused(string text) => Assert.Throws<ImapSyntaxException>(() => Read(text).SequenceSet());

    [Fact]
    public void A_set_of_endless_parts_is_refused() =>
        Assert.Throws<ImapSyntaxException>(() => Read(string.Join(',', Enumerable.Repeat("1", 10_001))).SequenceSet());

    [Theory]
    [InlineData("()", MessageFlags.None, "")]
    [InlineData("(\\Seen \\DELETED)", MessageFlags.Seen | MessageFlags.Deleted, "")]
    [InlineData("(\\Recent $Junk work)", MessageFlags.None, "$Junk work")]
    public void A_flag_list_is_read(string text, MessageFlags flags, string keywords)
    {
        FlagList list = Read(text).FlagList();
        Assert.Equal(flags, list.Flags);
        Assert.Equal(keywords, string.Join(' ', list.Keywords));
    }

    [Theory]
    [InlineData("(\\Nonsense)")]
    [InlineData("(\\)")]
    [InlineData("(a  b)")]
    [InlineData("(a")]
    [InlineData("a")]
    public void A_broken_flag_list_is_refused(string text) => Assert.Throws<ImapSyntaxException>(() => Read(text).FlagList());

    [Theory]
    [InlineData("\"17-Jul-1996 02:44:25 -0700\"", "1996-07-17T02:44:25-07:00")]
    [InlineData("\" 1-jan-2026 00:00:00 +0530\"", "2026-01-01T00:00:00+05:30")]
    [InlineData("\"01-Jan-2026 23:59:59 +0000\"", "2026-01-01T23:59:59+00:00")]
    public void A_date_time_is_read(string text, string value) =>
        Assert.Equal(DateTimeOffset.Parse(value, System.Globalization.CultureInfo.InvariantCulture), Read(text).DateTime());

    [Theory]
    [InlineData("\"1-Jan-2026 00:00:00 +0000\"")]
    [InlineData("\"32-Jan-2026 00:00:00 +0000\"")]
    [InlineData("\"01-Jan-2026 00:00:00 0000\"")]
    [InlineData("\"01-Jan-2026 00:00:00 +9900\"")]
    [InlineData("\"\"")]
    [InlineData("01-Jan-2026")]
    public void A_broken_date_time_is_refused(string text) => Assert.Throws<ImapSyntaxException>(() => Read(text).DateTime());

    [Fact]
    public void A_date_time_is_written_as_it_is_read()
    {
        var value = new DateTimeOffset(1994, 2, 7, 21, 52, 25, TimeSpan.FromHours(-8));
        byte[] text = new byte[ImapDates.DateTimeLength];
        ImapDates.FormatDateTime(value, text);
        Assert.Equal(" 7-Feb-1994 21:52:25 -0800", Encoding.ASCII.GetString(text));
    }

    [Theory]
    [InlineData("a1 NOOP", "a1", "NOOP", false)]
    [InlineData("x uid fetch 1", "x", "uid fetch", true)]
    [InlineData("x]. UID", "x].", "UID", false)]
    public void Tag_and_name_are_read(string text, string tag, string name, bool byUid)
    {
        ImapReader reader = Read(text);
        Assert.Equal(tag, Encoding.ASCII.GetString(reader.Tag()));
        reader.Space();
        Assert.Equal(name, Encoding.ASCII.GetString(reader.CommandName()));
        Assert.Equal(byUid, reader.ByUid);
    }

    [Theory]
    [InlineData("+ NOOP")]
    [InlineData(" NOOP")]
    [InlineData("\"a\" NOOP")]
    public void A_tag_that_is_none_is_refused(string text) => Assert.Throws<ImapSyntaxException>(() => Encoding.ASCII.GetString(Read(text).Tag()));

    private static IReadOnlyList<PositionRange>? Resolve(string text, bool byUid, uint[] uids)
    {
        ImapReader reader = Read(text);
        reader.ByUid = byUid;
        SequenceSet set = reader.SequenceSet();
        reader.End();
        return set.TryResolve(Views.Of(uids), UidSet.Empty, out IReadOnlyList<PositionRange> positions) ? positions : null;
    }
}
