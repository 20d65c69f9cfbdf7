using System.Buffers;
using System.Text;
using Posthorn.Server.Imap;

namespace Posthorn.Tests.Server.Imap;

public sealed class LiteralHeaderTests
{
    [Theory]
    [InlineData("a LOGIN {5}", 5, true)]
    [InlineData("{0}", 0, true)]
    [InlineData("a {12+}", 12, false)]
    [InlineData("a {007}", 7, true)]
    [InlineData("a {9223372036854775807}", long.MaxValue, true)]
    [InlineData("a {99999999999999999999}", long.MaxValue, true)]
    [InlineData("a {0000000000000000000000000000000000000000000000000000000000000005+}", long.MaxValue, false)]
    public void An_announcement_is_found(string line, long length, bool isSynchronizing)
    {
        Assert.True(LiteralHeader.TryFind(Sequence(line), out LiteralHeader header));
        Assert.Equal(new LiteralHeader(length, isSynchronizing), header);
    }

    [Theory]
    [InlineData("")]
    [InlineData("}")]
    [InlineData("a {5")]
    [InlineData("a {5} ")]
    [InlineData("a {}")]
    [InlineData("a {+}")]
    [InlineData("a {-5}")]
    [InlineData("a {5++}")]
    [InlineData("a {x}")]
    [InlineData("a LOGIN a-long-word-without-an-opening-brace-at-all}")]
    public void Other_ends_of_lines_are_none(string line) => Assert.False(LiteralHeader.TryFind(Sequence(line), out _));

    private static ReadOnlySequence<byte> Sequence(string text) => new(Encoding.ASCII.GetBytes(text));
}
