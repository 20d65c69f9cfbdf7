using System.Buffers;
using System.Text;
using Posthorn.Standards.Mime;

namespace Posthorn.Tests.Standards.Mime;

public sealed class BodyStructureTests
{
    private const string Plain = "\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\"";

    [Theory]
    [InlineData("--inner\r\n\r\n--outer--\r\n")]
    [InlineData("--inner\r\n--outer--\r\n")]
    [InlineData("--inner\r\nX: y\r\n--outer--\r\n")]
    [InlineData("--outer\r\n\r\n--outer--\r\n")]
    public void An_empty_part_at_the_end_of_its_parent_stays_within_it_and_reads_back(string end)
    {
        byte[] message = Encoding.ASCII.GetBytes(
            "Content-Type: multipart/mixed; boundary=outer\r\n\r\n--outer\r\nContent-Type: multipart/alternative; boundary=inner\r\n\r\n--inner\r\n\r\ntext\r\n" + end);
        BodyStructure structure = BodyStructure.Parse(message);
        BodyStructure? again = BodyStructure.Read(structure.ToBytes());
        Assert.NotNull(again);
        Assert.Equal(structure.Count, again.Count);
    }

    [Theory]
    [InlineData("", $"({Plain} 0 0 NIL NIL NIL NIL)")]
    [InlineData("\r\n", $"({Plain} 0 0 NIL NIL NIL NIL)")]
    [InlineData("Subject: x\r\n\r\na\r\nb\r\n", $"({Plain} 6 2 NIL NIL NIL NIL)")]
    [InlineData("Subject: x\n\na\nb", $"({Plain} 3 1 NIL NIL NIL NIL)")]
    [InlineData("no header\r\nat all\r\n", $"({Plain} 19 2 NIL NIL NIL NIL)")]
    [InlineData("Content-Type: text\r\n\r\n", $"({Plain} 0 0 NIL NIL NIL NIL)")]
    [InlineData("Content-Type: text/plain; charset=us-ascii (Plain text)\r\n\r\n", "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7BIT\" 0 0 NIL NIL NIL NIL)")]
    [InlineData("Content-Type: image/png; name=\"a\\\"b.png\";; x; y=1;=2\r\n\r\nz", "(\"image\" \"png\" (\"name\" \"a\\\"b.png\" \"y\" \"1\") NIL NIL \"7BIT\" 1 NIL NIL NIL NIL)")]
    [InlineData("Content-Type: image/png; name=copy (1).png\r\n\r\nz", "(\"image\" \"png\" (\"name\" \"copy (1).png\") NIL NIL \"7BIT\" 1 NIL NIL NIL NIL)")]
    [InlineData("Content-Type: image/png; name*0*=utf-8''a%20;\r\n name*1=b\r\n\r\n", "(\"image\" \"png\" (\"name*0*\" \"utf-8''a%20\" \"name*1\" \"b\") NIL NIL \"7BIT\" 0 NIL NIL NIL NIL)")]
    [InlineData("Content-Type: multipart/mixed\r\n\r\n--x\r\n\r\na\r\n--x--\r\n", $"({Plain} 17 4 NIL NIL NIL NIL)")]
    [InlineData("Content-Type: multipart/mixed; boundary=x\r\n\r\nnever\r\n", $"({Plain} 7 1 NIL NIL NIL NIL)")]
    [InlineData("Content-Type: multipart/mixed; boundary=x\r\n\r\n--x", $"(({Plain} 0 0 NIL NIL NIL NIL) \"mixed\" (\"boundary\" \"x\") NIL NIL NIL)")]
    [InlineData("Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n--x--", $"(({Plain} 0 0 NIL NIL NIL NIL) \"mixed\" (\"boundary\" \"x\") NIL NIL NIL)")]
    [InlineData("Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\na\r\n--x \t\r\nb: c\r\n--x--\r\nend", $"(({Plain} 1 0 NIL NIL NIL NIL)({Plain} 0 0 NIL NIL NIL NIL) \"mixed\" (\"boundary\" \"x\") NIL NIL NIL)")]
    [InlineData("Content-Type: multipart/mixed; boundary=x\r\n\r\n--xy\r\n--x\r\nno header\r\n--xx\r\n", $"(({Plain} 17 2 NIL NIL NIL NIL) \"mixed\" (\"boundary\" \"x\") NIL NIL NIL)")]
    [InlineData("Content-Type: multipart/digest; boundary=x\r\n\r\n--x\r\n\r\nSubject: s\r\n\r\nt\r\n--x--", $"((\"MESSAGE\" \"RFC822\" NIL NIL NIL \"7BIT\" 15 (NIL \"s\" NIL NIL NIL NIL NIL NIL NIL NIL) ({Plain} 1 0 NIL NIL NIL NIL) 2 NIL NIL NIL NIL) \"digest\" (\"boundary\" \"x\") NIL NIL NIL)")]
    [InlineData("Content-Disposition: attachment; filename=\"ä\"\r\nContent-Language: de, en\r\nContent-MD5: m\r\nContent-Location: l\r\nContent-ID: <i>\r\nContent-Description: d\r\nContent-Transfer-Encoding: BASE64 (x)\r\n\r\n",
        "(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") \"<i>\" \"d\" \"BASE64\" 0 0 \"m\" (\"attachment\" (\"filename\" {2}\r\nä)) (\"de\" \"en\") \"l\")")]
    public void Writes_BODYSTRUCTURE(string message, string expected)
    {
        BodyStructure structure = BodyStructure.Parse(Encoding.UTF8.GetBytes(message));

        Assert.Equal(expected, Written(structure, isExtended: true));
        Assert.Equal(expected, Written(BodyStructure.Read(structure.ToBytes())!, isExtended: true));
    }

    [Fact]
    public void Example_of_RFC_9051_section_7_5_2()
    {
        string text = string.Concat(Enumerable.Repeat("x\r\n", 23)), base64 = string.Concat(Enumerable.Repeat("QUJD\r\n", 73));
        string message = "Content-Type: MULTIPART/MIXED; BOUNDARY=b\r\n\r\n--b\r\n\r\n" + text + "\r\n--b\r\n"
            + "Content-Type: TEXT/PLAIN; CHARSET=US-ASCII; NAME=cc.diff\r\nContent-ID: <960723163407.20117h@cac.washington.edu>\r\n"
            + "Content-Description: Compiler diff\r\nContent-Transfer-Encoding: BASE64\r\n\r\n" + base64 + "\r\n--b--\r\n";

        Assert.Equal(
            "((\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 69 23)"
            + "(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\" \"NAME\" \"cc.diff\") \"<960723163407.20117h@cac.washington.edu>\" \"Compiler diff\" \"BASE64\" 438 73) \"MIXED\")",
            Written(BodyStructure.Parse(Encoding.ASCII.GetBytes(message)), isExtended: false));
    }

    [Fact]
    public void Inner_multipart_without_end_ends_at_the_outer_boundary()
    {
        BodyStructure structure = Parse("""
            Content-Type: multipart/mixed; boundary=o

            --o
            Content-Type: multipart/alternative; boundary=i

            --i

            a
            --o

            b
            --o--

            """);

        Assert.Equal(["", "1", "1.1", "2"], Numbers(structure));
        Assert.Equal(1, structure[2].Body.Length);
    }

    [Fact]
    public void Boundary_that_begins_another_is_not_taken_for_it()
    {
        BodyStructure structure = Parse("""
            Content-Type: multipart/mixed; boundary=b

            --b
            Content-Type: multipart/mixed; boundary=bb

            --bb

            1
            --bb

            2
            --bb--
            --b--
            """);

        Assert.Equal(["", "1", "1.1", "1.2"], Numbers(structure));
    }

    [Fact]
    public void A_multipart_without_end_keeps_its_last_part()
    {
        BodyStructure structure = Parse("Content-Type: multipart/mixed; boundary=b\n\n--b\n\n1\n--b\n\n2\n");

        Assert.Equal(["", "1", "2"], Numbers(structure));
        Assert.Equal(3, structure[2].Body.Length);
    }

    [Fact]
    public void Deep_nesting_is_opaque_below_the_limit()
    {
        var text = new StringBuilder();
        for (int depth = 0; depth < 10_000; depth++)
        {
            text.Append("Content-Type: multipart/mixed; boundary=b").Append(depth).Append("\r\n\r\n--b").Append(depth).Append("\r\n");
        }

        BodyStructure structure = BodyStructure.Parse(Encoding.ASCII.GetBytes(text.ToString()));

        Assert.Equal(MimeLimits.Depth + 1, structure.Count);
        Assert.True(structure[MimeLimits.Depth].Is("application"u8, "octet-stream"u8));
        new ImapSyntax(Encoding.Latin1.GetBytes(Written(structure, isExtended: true))).ReadBody(isExtended: true);
    }

    [Fact]
    public void Deep_messages_are_opaque_below_the_limit()
    {
        string text = string.Concat(Enumerable.Repeat("Content-Type: message/rfc822\r\n\r\n", 10_000));

        BodyStructure structure = BodyStructure.Parse(Encoding.ASCII.GetBytes(text));

        Assert.Equal(MimeLimits.Depth + 1, structure.Count);
        Assert.NotNull(BodyStructure.Read(structure.ToBytes()));
    }

    [Fact]
    public void Parts_beyond_the_limit_are_left_alone()
    {
        string text = "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + string.Concat(Enumerable.Repeat("--b\r\n\r\nx\r\n", 10_000)) + "--b--\r\n";

        BodyStructure structure = BodyStructure.Parse(Encoding.ASCII.GetBytes(text));

        Assert.Equal(MimeLimits.Parts, structure.Count);
        Assert.Equal(text.Length, structure.Root.Body.End);
        Assert.NotNull(BodyStructure.Read(structure.ToBytes()));
    }

    [Fact]
    public void Stored_form_stays_small_when_headers_are_large()
    {
        string header = "Content-Description: " + new string('d', 7_000) + "\r\nContent-Type: message/rfc822; x=" + new string('x', 7_000) + "\r\n\r\n";
        string text = "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + string.Concat(Enumerable.Repeat("--b\r\n" + header + header + "x\r\n", 60)) + "--b--\r\n";

        byte[] stored = BodyStructure.Parse(Encoding.ASCII.GetBytes(text)).ToBytes();

        Assert.InRange(stored.Length, 1, MimeLimits.StructureLength * 3 / 2);
        new ImapSyntax(Encoding.Latin1.GetBytes(Written(BodyStructure.Read(stored)!, isExtended: true))).ReadBody(isExtended: true);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\u0001")]
    [InlineData("\u0002\u0001\u0000\u0000\u0000\u0000\u0000\u0000\u0000")]
    [InlineData("\u0001\u0001\u0003\u0000\u0000\u0000\u0000\u0000\u0000")]
    [InlineData("\u0001\u0001\u0000\u0000\u0000\u0000\u0000\u0000\u0009")]
    public void Damaged_stored_form_is_refused(string stored) => Assert.Null(BodyStructure.Read(Encoding.Latin1.GetBytes(stored)));

    internal static BodyStructure Parse(string message) => BodyStructure.Parse(Encoding.UTF8.GetBytes(message.ReplaceLineEndings("\r\n")));

    internal static string Written(BodyStructure structure, bool isExtended)
    {
        var output = new ArrayBufferWriter<byte>();
        if (isExtended)
        {
            structure.WriteBodyStructure(output);
        }
        else
        {
            structure.WriteBody(output);
        }

        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    internal static string[] Numbers(BodyStructure structure) => [.. Enumerable.Range(0, structure.Count).Select(index => structure[index].Number)];
}
