using System.Text;
using CsCheck;
using Posthorn.Standards.Mime;

namespace Posthorn.Tests.Standards.Mime;

public sealed class MessageSummaryTests
{
    [Theory]
    // RFC 5256 §2.1
    [InlineData("Hello", "Hello", false)]
    [InlineData("Re: Hello", "Hello", true)]
    [InlineData("RE : Fwd[3]:re: Hello (fwd)", "Hello", true)]
    [InlineData("[list] Re: [other] Hello", "Hello", true)]
    [InlineData("[list] Hello", "Hello", false)]
    [InlineData("[list]", "[list]", false)]
    [InlineData("[a] [b]", "[b]", false)]
    [InlineData("[Fwd: Re: [list] Hello (fwd)]", "Hello", true)]
    [InlineData("[Fwd: [Fwd: Hello]]", "Hello", true)]
    [InlineData("Re:  a \t  b  ", "a b", true)]
    [InlineData("Reply: a", "Reply: a", false)]
    [InlineData("[a[b] x", "[a[b] x", false)]
    [InlineData("Re:", "", true)]
    [InlineData("", "", false)]
    public void Base_subject(string subject, string expected, bool expectedReply)
    {
        Assert.Equal(expected, BaseSubject.Of(subject, out bool isReply));
        Assert.Equal(expectedReply, isReply);
    }

    [Theory]
    [InlineData("[a]")]
    [InlineData("Re:")]
    [InlineData("[fwd:")]
    [InlineData("[Fwd: x]")]
    [InlineData("(fwd) ")]
    public void Base_subject_of_a_long_subject_takes_one_pass(string piece)
    {
        string subject = string.Concat(Enumerable.Repeat(piece, 60_000));

        Assert.InRange(BaseSubject.Of(subject, out _).Length, 0, subject.Length);
    }

    [Fact]
    public void Reads_what_lists_and_threads_need()
    {
        MessageSummary summary = MessageSummary.Read(Encoding.UTF8.GetBytes("""
            From: =?utf-8?q?J=C3=BCrgen?= Ott <j.ott@example.org>, other@example.org
            Subject: =?iso-8859-1?q?Re=3A_Gr=FC=DFe?=
            Date: Tue, 24 Nov 2026 04:52:14 +0100
            Message-ID: <three@example.org>
            In-Reply-To: <two@example.org> (from me)
            References: <one@example.org>
              < two@ example.org> words
            Auto-Submitted: auto-replied
            List-Unsubscribe: <https://example.org/>

            body
            """.ReplaceLineEndings("\r\n")));

        Assert.Equal("Jürgen Ott", summary.FromName);
        Assert.Equal("j.ott@example.org", summary.FromAddress);
        Assert.Equal("Re: Grüße", summary.Subject);
        Assert.Equal("Grüße", summary.BaseSubject);
        Assert.True(summary.IsReply);
        Assert.Equal(new DateTimeOffset(2026, 11, 24, 4, 52, 14, TimeSpan.FromHours(1)), summary.Sent);
        Assert.Equal("three@example.org", summary.MessageId);
        Assert.Equal(["one@example.org", "two@example.org"], summary.References);
        Assert.True(summary.IsAutoSubmitted);
        Assert.True(summary.IsList);
    }

    [Theory]
    [InlineData("Message-ID: one-word\r\n", "one-word")]
    [InlineData("Message-ID: <a@b> <c@d>\r\n", "a@b")]
    [InlineData("Message-ID: <never closed\r\n", null)]
    [InlineData("Message-ID:\r\n", null)]
    [InlineData("", null)]
    public void Message_id(string header, string? expected) => Assert.Equal(expected, MessageSummary.Read(Encoding.UTF8.GetBytes(header)).MessageId);

    [Fact]
    public void Many_references_keep_the_first_and_the_last()
    {
        string ids = string.Join("\r\n ", Enumerable.Range(0, 500).Select(index => $"<{index}@x>"));

        IReadOnlyList<string> references = MessageSummary.Read(Encoding.UTF8.GetBytes($"References: {ids}\r\nIn-Reply-To: <parent@x>\r\n")).References;

        Assert.Equal(MimeLimits.References, references.Count);
        Assert.Equal("0@x", references[0]);
        Assert.Equal("499@x", references[^2]);
        Assert.Equal("parent@x", references[^1]);
    }

    [Theory]
    [InlineData("Fri, 21 Nov 1997 09:55:06 -0600", "1997-11-21T15:55:06")]
    [InlineData("21 Nov 97 09:55:06 GMT", "1997-11-21T09:55:06")]
    [InlineData("Fri, 21 Nov 1997 09(comment):   55  :  06 -0600", "1997-11-21T15:55:06")]
    [InlineData("Fri, 21 Nov 1997\r\n 09:55:06 -0600 (CST (so they say", "1997-11-21T15:55:06")]
    [InlineData("yesterday", null)]
    [InlineData("", null)]
    public void Date(string value, string? expected) =>
        Assert.Equal(expected, DateText.Read(Encoding.UTF8.GetBytes(value))?.UtcDateTime.ToString("s", System.Globalization.CultureInfo.InvariantCulture));

    [Fact]
    public void Any_octets_give_a_summary() => MimeGen.Octets.Sample(octets =>
    {
        MessageSummary summary = MessageSummary.Read(octets);

        Assert.InRange(summary.References.Count, 0, MimeLimits.References);
        Assert.InRange(summary.BaseSubject.Length, 0, summary.Subject.Length);
    });
}
