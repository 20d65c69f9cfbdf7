using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Posthorn.ProtocolTests.CommandLine;

/// <summary>How far a long command has come: a bar where a person looks, lines where a program reads. How the bar grows: TerminalProgressTests.</summary>
public sealed partial class ProgressTests
{
    private const int Messages = 3_000;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task On_a_terminal_there_is_a_bar_and_it_is_gone_at_the_end(bool withServer)
    {
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer);
        AssertBar(
            await store.ProgramOnTerminalAsync("import", "mbox", await MailAsync(store), "--account", AdministeredStore.Address),
            "Octets read", $"Imported {Messages} messages");
        AssertBar(
            await store.ProgramOnTerminalAsync("export", "mbox", store.PathOf("out"), "--account", AdministeredStore.Address),
            "Messages", $"Exported {Messages} messages");
    }

    private static void AssertBar((int Status, string Screen) shown, string counted, string end)
    {
        (int status, string screen) = shown;
        Assert.True(status == 0, screen);
        int[] percent = [.. Percent().Matches(screen).Select(static match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture))];
        Assert.NotEmpty(percent);
        Assert.Equal(percent.Order(), percent);
        Assert.Matches($@"{counted} \([\d,]+ of [\d,]+\)", screen);
        Assert.Contains('━', screen);

        // The cursor is back, the bar is wiped, and the result stands alone.
        int cursor = screen.LastIndexOf("\e[?25h", StringComparison.Ordinal), bar = screen.LastIndexOf('━'), result = screen.IndexOf(end, StringComparison.Ordinal);
        Assert.True(bar < cursor && bar < result, screen);
        Assert.Contains("\e[2K", screen[bar..result], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_terminal_there_are_lines_now_and_then_and_no_bar()
    {
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer: false);
        (int status, string output, string error) = await store.ProgramAsync("import", "mbox", await MailAsync(store), "--account", AdministeredStore.Address);
        Assert.True(status == 0, error);
        Assert.Equal($"Imported {Messages} messages into old.", output.Trim());
        string[] lines = error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.InRange(lines.Length, 2, 11);
        Assert.All(lines, static line => Assert.Matches(Line(), line));
        Assert.DoesNotContain('\e', output + error);
    }

    private static async Task<string> MailAsync(AdministeredStore store)
    {
        string path = store.PathOf("old.mbox");
        var text = new StringBuilder();
        for (int number = 0; number < Messages; number++)
        {
            text.Append(CultureInfo.InvariantCulture, $"From a@example.org Mon Mar  4 07:00:00 2024\nSubject: {number}\n\n").Append('x', 500).Append("\n\n");
        }

        await File.WriteAllTextAsync(path, text.ToString(), Cancel);
        return path;
    }

    [GeneratedRegex(@"\s(\d{1,3})%")]
    private static partial Regex Percent();

    [GeneratedRegex(@"^Octets read: \d+ of \d+$")]
    private static partial Regex Line();
}
