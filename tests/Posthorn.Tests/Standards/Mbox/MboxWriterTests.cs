using System.Text;
using Posthorn.Standards.Mbox;

namespace Posthorn.Tests.Standards.Mbox;

public sealed class MboxWriterTests
{
    private const string Uidl = "0123456789abcdef";

    private static readonly DateTimeOffset Date = new(2024, 3, 4, 9, 0, 0, TimeSpan.FromHours(1));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("friend@example.test", "From friend@example.test Mon Mar  4 08:00:00 2024")]
    [InlineData("", "From MAILER-DAEMON Mon Mar  4 08:00:00 2024")]
    [InlineData("\"a b\"@c\nFrom x", "From \"a_b\"@c_From_x Mon Mar  4 08:00:00 2024")]
    public async Task The_From_line_is_one_line(string sender, string expected) =>
        Assert.StartsWith(expected + "\nStatus: O\nX-Status: \nX-Keywords: \nX-UIDL: 0123456789abcdef\nA: 1\n\n", await WriteAsync(sender, [], "A: 1\r\n\r\n"), StringComparison.Ordinal);

    [Fact]
    public async Task Flags_stand_in_the_status_fields() =>
        Assert.Contains("\nStatus: RO\nX-Status: AFDT\nX-Keywords: $Forwarded work\n",
            await WriteAsync("a", [@"\SEEN", @"\Draft", @"\Deleted", "$Forwarded", @"\Flagged", @"\Answered", "work", "no keyword\nSubject: x", @"\Recent"], "\r\n"), StringComparison.Ordinal);

    [Theory]
    [InlineData("From a\r\n", ">From a\n")]
    [InlineData(">From a\r\n>>From b\r\n", ">>From a\n>>>From b\n")]
    [InlineData("> From\r\nfrom \r\nFrom\r\nFro\rFrom \n", "> From\nfrom \nFrom\nFro\rFrom \n")]
    [InlineData("FFrom \nFromFrom \n", "FFrom \nFromFrom \n")]
    [InlineData("F", "F\n")]
    [InlineData(">>", ">>\n")]
    [InlineData("a\r", "a\r\n")]
    [InlineData("a\r\r\n\r", "a\r\n\r\n")]
    [InlineData("", "")]
    [InlineData("\r\n", "\n")]
    public async Task Lines_are_quoted_and_end_with_LF(string content, string expected)
    {
        string file = await WriteAsync("a", [], content);
        Assert.Equal(expected + "\n", file[(file.IndexOf(Uidl, StringComparison.Ordinal) + Uidl.Length + 1)..]);
    }

    private static async Task<string> WriteAsync(string sender, string[] flags, string content)
    {
        using var file = new MemoryStream();
        await new MboxWriter(file).WriteAsync(sender, Date, flags, Uidl, new SlowStream(new MemoryStream(Encoding.Latin1.GetBytes(content)), 1), Cancel);
        return Encoding.Latin1.GetString(file.ToArray());
    }
}
