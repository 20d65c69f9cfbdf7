using System.CommandLine;
using Posthorn.Commands;

namespace Posthorn.Tests.Commands;

/// <summary>The whole command line: every command explains itself, and what cannot be read is an error of its own stream.</summary>
public sealed class CommandLineTests
{
    /// <summary>What the program is there for: commands that people and scripts have learned.</summary>
    private static readonly string[] Expected =
    [
        "demo", "serve", "quickstart", "account add", "account list", "account show", "account password", "account disable", "account enable", "account remove", "domain add",
        "domain list", "domain remove", "domain dns", "alias add", "alias list", "alias remove", "import mbox", "import maildir", "export mbox", "export maildir", "queue list",
        "queue show", "queue retry", "queue drop", "check", "backup", "restore", "status",
    ];

    public static TheoryData<string> Commands => [.. All(PosthornCommand.Make(new CommandContext()), "").Select(static pair => pair.Path)];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void Every_command_that_was_promised_is_there() => Assert.Empty(Expected.Except(Commands.Select(static row => row.Data)));

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Help_says_what_it_does_and_every_argument_and_option(string path)
    {
        Command command = All(PosthornCommand.Make(new CommandContext()), "").Single(pair => pair.Path == path).Command;
        (int status, string help, string errors) = await RunAsync([.. Words(path), "--help"]);
        Assert.Equal((0, ""), (status, errors));
        string said = Plain(help);
        Assert.False(string.IsNullOrWhiteSpace(command.Description), path);
        Assert.Contains(Plain(command.Description!), said, StringComparison.Ordinal);
        Assert.All(command.Subcommands, below => Assert.Contains(below.Name, said, StringComparison.Ordinal));
        foreach (Symbol symbol in command.Arguments.Cast<Symbol>().Concat(command.Options))
        {
            Assert.False(string.IsNullOrWhiteSpace(symbol.Description), $"{path} {symbol.Name} is not explained.");
            Assert.Contains(Plain(symbol.Description!), said, StringComparison.Ordinal);
        }

        Assert.Contains("--json", said, StringComparison.Ordinal);
        Assert.Contains("--config", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("acount list", "acount")]
    [InlineData("account", "Required command")]
    [InlineData("account add", "Required argument")]
    [InlineData("import mbox file", "--account")]
    [InlineData("queue show many", "many")]
    [InlineData("check --repiar", "--repiar")]
    [InlineData("demo --config posthorn.json", "posthorn serve --config FILE")]
    [InlineData("--config posthorn.json demo", "posthorn serve --config FILE")]
    [InlineData("demo --json", "prints no result")]
    [InlineData("serve --json", "telemetry.jsonLogs")]
    [InlineData("quickstart you@example.org --config posthorn.json", "--folder DIR")]
    [InlineData("undelete restore you@example.org", "--all")]
    public async Task What_cannot_be_read_is_told_on_standard_error_with_a_status(string line, string says)
    {
        (int status, _, string errors) = await RunAsync(Words(line));
        Assert.NotEqual(0, status);
        Assert.Contains(says, errors, StringComparison.Ordinal);
    }

    private static async Task<(int Status, string Output, string Errors)> RunAsync(string[] arguments)
    {
        using StringWriter output = new(), errors = new();
        var streams = new InvocationConfiguration { Output = output, Error = errors, EnableDefaultExceptionHandler = false };
        int status = await PosthornCommand.Make(new CommandContext()).Parse(arguments).InvokeAsync(streams, Cancel);
        return (status, output.ToString(), errors.ToString());
    }

    private static IEnumerable<(string Path, Command Command)> All(Command command, string path)
    {
        yield return (path, command);
        foreach ((string, Command) below in command.Subcommands.SelectMany(next => All(next, path.Length == 0 ? next.Name : $"{path} {next.Name}")))
        {
            yield return below;
        }
    }

    private static string[] Words(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Without what the width of the terminal did to it.</summary>
    private static string Plain(string text) => string.Concat(text.Where(static letter => !char.IsWhiteSpace(letter)));
}
