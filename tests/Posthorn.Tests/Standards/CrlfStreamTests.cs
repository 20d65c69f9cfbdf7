using System.Text;
using Posthorn.Standards;

namespace Posthorn.Tests.Standards;

public sealed class CrlfStreamTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("a\nb\n", "a\r\nb\r\n")]
    [InlineData("a\r\nb\r\n", "a\r\nb\r\n")]
    [InlineData("\n\n\r\n\n", "\r\n\r\n\r\n\r\n")]
    [InlineData("a\rb\r\r\nc", "a\rb\r\r\nc")]
    [InlineData("\r", "\r")]
    public async Task Every_line_ends_with_CRLF_and_nothing_else_changes(string lines, string expected)
    {
        foreach (int step in (int[])[1, 2, 3, 100])
        {
            using var converted = new CrlfStream(new SlowStream(new MemoryStream(Encoding.Latin1.GetBytes(lines)), step));
            var text = new StringBuilder();
            byte[] buffer = new byte[step];
            while (await converted.ReadAsync(buffer, TestContext.Current.CancellationToken) is var count and > 0)
            {
                text.Append(Encoding.Latin1.GetString(buffer, 0, count));
            }
            Assert.Equal(expected, text.ToString());
        }
    }
}
