using System.Buffers;
using System.Text;
using CsCheck;
using Posthorn.Standards.Mime;

namespace Posthorn.Tests.Standards.Mime;

public sealed class MessageEnvelopeTests
{
    [Fact]
    public void Example_of_RFC_9051_section_8()
    {
        string header = """
            Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)
            From: Terry Gray <gray@cac.washington.edu>
            Subject: IMAP4rev2 WG mtg summary and minutes
            To: imap@cac.washington.edu
            cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>
            Message-Id: <B27397-0100000@cac.washington.edu>
            MIME-Version: 1.0
            Content-Type: TEXT/PLAIN; CHARSET=US-ASCII


            """.ReplaceLineEndings("\r\n");

        Assert.Equal(
            "(\"Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\" \"IMAP4rev2 WG mtg summary and minutes\" "
            + "((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) ((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) "
            + "((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) ((NIL NIL \"imap\" \"cac.washington.edu\")) "
            + "((NIL NIL \"minutes\" \"CNRI.Reston.VA.US\")(\"John Klensin\" NIL \"KLENSIN\" \"MIT.EDU\")) NIL NIL "
            + "\"<B27397-0100000@cac.washington.edu>\")",
            Envelope(header));
    }

    [Theory]
    [InlineData("", "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)")]
    [InlineData("no header at all\r\n", "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)")]
    [InlineData("Subject:\r\nDate: \r\n", "(\"\" \"\" NIL NIL NIL NIL NIL NIL NIL NIL)")]
    [InlineData("Subject: a\r\n  b\r\n", "(NIL \"a  b\" NIL NIL NIL NIL NIL NIL NIL NIL)")]
    [InlineData("Subject: a \"q\" \\\r\n", "(NIL \"a \\\"q\\\" \\\\\" NIL NIL NIL NIL NIL NIL NIL NIL)")]
    [InlineData("Subject: ä\r\n", "(NIL {2}\r\nä NIL NIL NIL NIL NIL NIL NIL NIL)")]
    [InlineData("Subject: a\rb\r\n", "(NIL {3}\r\na\rb NIL NIL NIL NIL NIL NIL NIL NIL)")]
    [InlineData("Subject: a\0b\r\n", "(NIL \"ab\" NIL NIL NIL NIL NIL NIL NIL NIL)")]
    [InlineData("Subject: =?utf-8?q?=C3=A4?=\r\n", "(NIL \"=?utf-8?q?=C3=A4?=\" NIL NIL NIL NIL NIL NIL NIL NIL)")]
    [InlineData("Subject: one\r\nSubject: two\r\n", "(NIL \"one\" NIL NIL NIL NIL NIL NIL NIL NIL)")]
    [InlineData("From: a@x\r\nSender: b@x\r\nReply-To:\r\n", "(NIL NIL ((NIL NIL \"a\" \"x\")) ((NIL NIL \"b\" \"x\")) ((NIL NIL \"a\" \"x\")) NIL NIL NIL NIL NIL)")]
    [InlineData("To: a@x\r\nTo: b@x\r\nBcc: c@x\r\n", "(NIL NIL NIL NIL NIL ((NIL NIL \"a\" \"x\")(NIL NIL \"b\" \"x\")) NIL ((NIL NIL \"c\" \"x\")) NIL NIL)")]
    [InlineData("To: g: a@x;\r\n", "(NIL NIL NIL NIL NIL ((NIL NIL \"g\" NIL)(NIL NIL \"a\" \"x\")(NIL NIL NIL NIL)) NIL NIL NIL NIL)")]
    [InlineData("To: <@r:a@x>\r\n", "(NIL NIL NIL NIL NIL ((NIL \"@r\" \"a\" \"x\")) NIL NIL NIL NIL)")]
    [InlineData("To: root\r\n", "(NIL NIL NIL NIL NIL ((NIL NIL \"root\" \"\")) NIL NIL NIL NIL)")]
    public void Writes(string header, string expected) => Assert.Equal(expected, Envelope(header));

    [Fact]
    public void Long_values_are_literals()
    {
        string subject = new('x', 5_000);

        Assert.Equal($"(NIL {{5000}}\r\n{subject} NIL NIL NIL NIL NIL NIL NIL NIL)", Envelope($"Subject: {subject}\r\n"));
    }

    [Fact]
    public void Any_octets_give_a_well_formed_envelope() => MimeGen.Octets.Sample(octets =>
    {
        var syntax = new ImapSyntax(MessageEnvelope.ToImapBytes(octets));

        syntax.ReadEnvelope();

        Assert.True(syntax.IsAtEnd);
    });

    [Fact]
    public void WriteImap_writes_the_same_octets()
    {
        var output = new ArrayBufferWriter<byte>();

        new MessageEnvelope("Subject: x\r\n"u8).WriteImap(output);

        Assert.Equal(MessageEnvelope.ToImapBytes("Subject: x\r\n"u8), output.WrittenSpan);
    }

    private static string Envelope(string header) => Encoding.UTF8.GetString(MessageEnvelope.ToImapBytes(Encoding.UTF8.GetBytes(header)));
}
