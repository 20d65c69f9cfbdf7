using System.Buffers;
using System.Text;
using CsCheck;
using Posthorn.Standards.Mime;

namespace Posthorn.Tests.Standards.Mime;

public sealed class HeaderBlockTests
{
    [Theory]
    [InlineData("A: 1\r\n\r\nbody", "A: 1\r\n", 8)]
    [InlineData("A: 1\n\nbody", "A: 1\n", 6)]
    [InlineData("A: 1\r\n", "A: 1\r\n", 6)]
    [InlineData("A: 1", "A: 1", 4)]
    [InlineData("\r\nbody", "", 2)]
    [InlineData("", "", 0)]
    [InlineData("no field\r\n\r\nbody", "", 0)]
    [InlineData(" folded first\r\nA: 1\r\n\r\n", "", 0)]
    [InlineData("From a@example.org Tue Nov 24 03:52\nA: 1\n\n", "From a@example.org Tue Nov 24 03:52\nA: 1\n", 42)]
    [InlineData("A: 1\r\n folded\r\n\t\r\n\r\nbody", "A: 1\r\n folded\r\n\t\r\n", 20)]
    public void Header_ends_at_the_empty_line(string message, string fields, int length)
    {
        var header = new HeaderBlock(Encoding.UTF8.GetBytes(message));

        Assert.Equal(fields, Encoding.UTF8.GetString(header.Fields));
        Assert.Equal(length, header.Length);
    }

    [Fact]
    public void Fields_keep_folds_and_lines_that_are_no_fields()
    {
        List<string> seen = [];
        foreach (HeaderField field in new HeaderBlock("A: 1\r\n 2\r\ngarbage\r\nB : 3\nC:\r\n\r\n"u8))
        {
            seen.Add($"{Encoding.UTF8.GetString(field.Name)}|{Encoding.UTF8.GetString(field.Value)}|{field.Whole.Length}");
        }

        Assert.Equal(["A| 1\r\n 2|10", "||9", "B| 3|6", "C||4"], seen);
    }

    [Fact]
    public void All_finds_every_field_of_a_name_in_any_case()
    {
        int count = 0;
        foreach (HeaderField field in new HeaderBlock("Received: 1\r\nX: 2\r\nRECEIVED: 3\r\n\r\n"u8).All("received"u8))
        {
            count += field.Value[^1] - '0';
        }

        Assert.Equal(4, count);
    }

    [Theory]
    [InlineData(false, "to: b\r\n c\r\n")]
    [InlineData(true, "From: a\r\nodd\r\n")]
    public void WriteFields_selects_by_name(bool others, string expected)
    {
        var output = new ArrayBufferWriter<byte>();

        new HeaderBlock("From: a\r\nto: b\r\n c\r\nodd\r\n\r\n"u8).WriteFields(output, ["TO", "Cc"], others);

        Assert.Equal(expected, Encoding.UTF8.GetString(output.WrittenSpan));
    }

    [Fact]
    public void Fields_after_the_limit_are_one_field_without_a_name()
    {
        string text = string.Concat(Enumerable.Repeat("A: 1\r\n", MimeLimits.HeaderFields + 5));
        int named = 0, rest = 0;
        foreach (HeaderField field in new HeaderBlock(Encoding.UTF8.GetBytes(text)))
        {
            named += field.Name.Length;
            rest = field.Whole.Length;
        }

        Assert.Equal(MimeLimits.HeaderFields, named);
        Assert.Equal(5 * 6, rest);
    }

    [Fact]
    public void Fields_of_any_octets_add_up_to_the_header() => MimeGen.Octets.Sample(octets =>
    {
        var header = new HeaderBlock(octets);
        int sum = 0;
        foreach (HeaderField field in header)
        {
            sum += field.Whole.Length;
        }

        return sum == header.Fields.Length && header.Length <= octets.Length;
    });
}
