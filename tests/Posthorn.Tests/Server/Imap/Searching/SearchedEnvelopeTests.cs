using System.Text;
using Posthorn.Server.Imap.Searching;
using Posthorn.Standards.Mime;

namespace Posthorn.Tests.Server.Imap.Searching;

public sealed class SearchedEnvelopeTests
{
    [Fact]
    public void Fields_are_decoded_and_folded()
    {
        SearchedEnvelope envelope = Read("""
            Date: Sat, 31 Jan 2026 23:30:00 -0800
            From: =?utf-8?q?J=C3=BCrgen?= <jay@example.test>, second@example.test
            To: friends: a@example.test;
            Subject: =?iso-8859-1?q?Caf=E9?= today
            Message-ID: <One@example.test>


            """);

        Assert.Equal(new DateOnly(2026, 1, 31), envelope.Sent);
        Assert.Equal("JU\u0308RGEN <JAY@EXAMPLE.TEST>, <SECOND@EXAMPLE.TEST>", envelope[SearchField.From]);
        Assert.Contains("A@EXAMPLE.TEST", envelope[SearchField.To], StringComparison.Ordinal);
        Assert.Equal("CAFE\u0301 TODAY", envelope[SearchField.Subject]);
        Assert.Equal("<ONE@EXAMPLE.TEST>", envelope[SearchField.MessageId]);
        Assert.Null(envelope[SearchField.Cc]);
        Assert.Null(envelope[SearchField.InReplyTo]);
    }

    [Fact]
    public void A_message_without_fields_has_none()
    {
        SearchedEnvelope envelope = Read("\r\n");

        Assert.Null(envelope.Sent);
        Assert.Null(envelope[SearchField.From]);
        Assert.Null(envelope[SearchField.Subject]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("(")]
    [InlineData("(NIL NIL)")]
    [InlineData("(NIL NIL ((NIL NIL NIL)) NIL NIL NIL NIL NIL NIL NIL)")]
    public void What_is_no_envelope_is_null(string text) => Assert.Null(SearchedEnvelope.Read(Encoding.ASCII.GetBytes(text)));

    private static SearchedEnvelope Read(string header) => SearchedEnvelope.Read(MessageEnvelope.ToImapBytes(Encoding.UTF8.GetBytes(header)))!;
}
