using System.Text;
using Posthorn.Standards.Mime;

namespace Posthorn.Tests.Standards.Mime;

/// <summary>The message of RFC 9051 §6.4.5.1, with every section it lists.</summary>
public sealed class BodyStructureSectionsTests
{
    private static readonly string Message = """
        Subject: top
        Content-Type: multipart/mixed; boundary=A

        preamble
        --A

        one
        --A
        Content-Type: application/octet-stream

        two
        --A
        Content-Type: message/rfc822

        Subject: three
        Content-Type: multipart/mixed; boundary=B

        --B

        three.one
        --B
        Content-Type: application/octet-stream

        three.two
        --B--
        --A
        Content-Type: multipart/mixed; boundary=C

        --C
        Content-Type: image/gif

        four.one
        --C
        Content-Type: message/rfc822

        Subject: four.two
        Content-Type: multipart/mixed; boundary=D

        --D

        four.two.one
        --D
        Content-Type: multipart/alternative; boundary=E

        --E

        four.two.two.one
        --E
        Content-Type: text/richtext

        four.two.two.two
        --E--
        --D--
        --C--
        --A--
        epilogue

        """.ReplaceLineEndings("\r\n");

    [Theory]
    [InlineData("1", "one")]
    [InlineData("2", "two")]
    [InlineData("3.HEADER", "Subject: three\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n")]
    [InlineData("3.TEXT", "--B\r\n\r\nthree.one\r\n--B\r\nContent-Type: application/octet-stream\r\n\r\nthree.two\r\n--B--")]
    [InlineData("3.1", "three.one")]
    [InlineData("3.2", "three.two")]
    [InlineData("3.2.MIME", "Content-Type: application/octet-stream\r\n\r\n")]
    [InlineData("4.1", "four.one")]
    [InlineData("4.1.MIME", "Content-Type: image/gif\r\n\r\n")]
    [InlineData("4.2.HEADER", "Subject: four.two\r\nContent-Type: multipart/mixed; boundary=D\r\n\r\n")]
    [InlineData("4.2.1", "four.two.one")]
    [InlineData("4.2.2.1", "four.two.two.one")]
    [InlineData("4.2.2.2", "four.two.two.two")]
    [InlineData("HEADER", "Subject: top\r\nContent-Type: multipart/mixed; boundary=A\r\n\r\n")]
    public void Section_is_found(string section, string expected)
    {
        BodyStructure structure = BodyStructure.Parse(Encoding.UTF8.GetBytes(Message));

        Assert.Equal(expected, Find(structure, Message, section));
        Assert.Equal(expected, Find(BodyStructure.Read(structure.ToBytes())!, Message, section));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("5")]
    [InlineData("1.1")]
    [InlineData("1.HEADER")]
    [InlineData("4.TEXT")]
    [InlineData("4.2.2.3")]
    [InlineData("3.1.1")]
    [InlineData("MIME")]
    public void Section_that_is_not_there_is_not_found(string section) =>
        Assert.Null(Find(BodyStructure.Parse(Encoding.UTF8.GetBytes(Message)), Message, section));

    [Theory]
    [InlineData("", "Subject: x\r\n\r\nbody\r\n")]
    [InlineData("1", "body\r\n")]
    [InlineData("TEXT", "body\r\n")]
    [InlineData("HEADER", "Subject: x\r\n\r\n")]
    [InlineData("1.MIME", "Subject: x\r\n\r\n")]
    [InlineData("2", null)]
    [InlineData("1.1", null)]
    public void Message_that_is_no_multipart_has_part_1(string section, string? expected)
    {
        const string text = "Subject: x\r\n\r\nbody\r\n";

        Assert.Equal(expected, Find(BodyStructure.Parse(Encoding.UTF8.GetBytes(text)), text, section));
    }

    [Theory]
    [InlineData("1", "Subject: in\r\n\r\nbody")]
    [InlineData("1.1", "body")]
    [InlineData("1.HEADER", "Subject: in\r\n\r\n")]
    [InlineData("1.TEXT", "body")]
    public void Message_that_is_a_message_has_it_as_part_1(string section, string expected)
    {
        const string text = "Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nbody";

        Assert.Equal(expected, Find(BodyStructure.Parse(Encoding.UTF8.GetBytes(text)), text, section));
    }

    [Fact]
    public void Every_number_finds_its_part()
    {
        BodyStructure structure = BodyStructure.Parse(Encoding.UTF8.GetBytes(Message));
        for (int index = 0; index < structure.Count; index++)
        {
            if (structure[index].Number is { Length: > 0 } number)
            {
                Assert.True(structure.TryFindPart([.. number.Split('.').Select(int.Parse)], out BodyPart part));
                Assert.Equal(index, part.Index);
            }
        }

        Assert.Equal(["", "1", "2", "3", "", "3.1", "3.2", "4", "4.1", "4.2", "", "4.2.1", "4.2.2", "4.2.2.1", "4.2.2.2"], BodyStructureTests.Numbers(structure));
    }

    private static string? Find(BodyStructure structure, string message, string section)
    {
        string[] words = section.Split('.', StringSplitOptions.RemoveEmptyEntries);
        bool hasText = words.Length > 0 && !char.IsAsciiDigit(words[^1][0]);
        SectionText text = hasText ? Enum.Parse<SectionText>(words[^1], ignoreCase: true) : SectionText.Whole;
        int[] numbers = [.. words[..^(hasText ? 1 : 0)].Select(int.Parse)];
        return structure.TryFind(numbers, text, out OctetRange range) ? message.Substring((int)range.Start, (int)range.Length) : null;
    }
}
