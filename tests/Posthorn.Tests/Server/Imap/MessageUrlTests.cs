using System.Text;
using Posthorn.Server.Imap.Appending;

namespace Posthorn.Tests.Server.Imap;

/// <summary>URLs of messages as CATENATE takes them.</summary>
public sealed class MessageUrlTests
{
    [Theory]
    [InlineData("/INBOX/;UID=7", null, "INBOX", 7u, "BODY[]")]
    [InlineData("/Drafts;UIDVALIDITY=385759045/;UID=20/;section=HEADER", null, "Drafts", 20u, "BODY[HEADER]")]
    [InlineData("/Drafts/;uid=20/;SECTION=1.2.MIME", null, "Drafts", 20u, "BODY[1.2.MIME]")]
    [InlineData("/Entw%C3%BCrfe/a%20b/;UID=1/;section=HEADER.FIELDS%20(To%20Cc)", null, "Entwürfe/a b", 1u, "BODY[HEADER.FIELDS (To Cc)]")]
    [InlineData("Sent/;UID=3", null, "Sent", 3u, "BODY[]")]
    [InlineData("Sent/;UID=3", "INBOX", "Sent", 3u, "BODY[]")]
    [InlineData("Sent/;UID=3", "Work/Drafts", "Work/Sent", 3u, "BODY[]")]
    [InlineData("Sent/;UID=3", "Büro/50 %/Drafts", "Büro/50 %/Sent", 3u, "BODY[]")]
    [InlineData("/Sent/;UID=3", "Work/Drafts", "Sent", 3u, "BODY[]")]
    public void A_url_names_a_message_or_a_part(string url, string? selected, string mailbox, uint uid, string label)
    {
        Assert.True(MessageUrl.TryParse(url, selected, out MessageUrl? parsed));
        Assert.Equal((mailbox, uid, label), (parsed!.Mailbox, parsed.Uid, Encoding.UTF8.GetString(parsed.Section.Label)));
    }

    [Fact]
    public void A_partial_cuts_the_section()
    {
        Assert.True(MessageUrl.TryParse("/INBOX;UIDVALIDITY=9/;UID=7/;SECTION=1/;PARTIAL=10.20", null, out MessageUrl? cut));
        Assert.Equal((9u, 10L, 20L), (cut!.UidValidity, cut.Section.Offset, cut.Section.Length));
        Assert.True(MessageUrl.TryParse("/INBOX/;UID=7/;PARTIAL=10", null, out MessageUrl? rest));
        Assert.Equal((10L, long.MaxValue), (rest!.Section.Offset, rest.Section.Length));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("/INBOX")]
    [InlineData("/;UID=7")]
    [InlineData(";UID=7")]
    [InlineData("/INBOX/;UID=")]
    [InlineData("/INBOX/;UID=0")]
    [InlineData("/INBOX/;UID=-1")]
    [InlineData("/INBOX/;UID=4294967296")]
    [InlineData("/INBOX/;UID=7/")]
    [InlineData("/INBOX/;UID=7/;")]
    [InlineData("/INBOX/;UID=7/;SECTION=")]
    [InlineData("/INBOX/;UID=7/;SECTION=NONSENSE")]
    [InlineData("/INBOX/;UID=7/;SECTION=1/;SECTION=2")]
    [InlineData("/INBOX/;UID=7/;SECTION=1]<0.5>")]
    [InlineData("/INBOX/;UID=7/;PARTIAL=1/;SECTION=1")]
    [InlineData("/INBOX/;UID=7/;PARTIAL=1.0")]
    [InlineData("/INBOX/;UID=7/;PARTIAL=1.2.3")]
    [InlineData("/INBOX/;UID=7/;PARTIAL=-1")]
    [InlineData("/INBOX/;UID=7/;EXPIRE=2026-01-01T00:00:00Z")]
    [InlineData("/INBOX;UIDVALIDITY=/;UID=7")]
    [InlineData("/INBOX;UIDVALIDITY=0/;UID=7")]
    [InlineData("/INBOX;OTHER=1/;UID=7")]
    [InlineData("/INBOX%/;UID=7")]
    [InlineData("/INBOX%4/;UID=7")]
    [InlineData("/INBOX%ff/;UID=7")]
    [InlineData("//host/INBOX/;UID=7")]
    [InlineData("imap://alice@host/INBOX/;UID=7")]
    [InlineData("http://host/INBOX/;UID=7")]
    public void Others_are_refused(string url) => Assert.False(MessageUrl.TryParse(url, null, out _));
}
