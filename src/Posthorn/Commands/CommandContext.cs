using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Posthorn.Administration;
using Posthorn.Configuration;
using Posthorn.Control;
using Spectre.Console;

namespace Posthorn.Commands;

/// <summary>Options that nearly every command has, and the way from a parsed command line to an operation and its answer on the terminal.</summary>
internal sealed class CommandContext
{
    private const int RedirectedColumns = 400;

    public Option<string> Config { get; } = new("--config", "-c")
    {
        Description = "Configuration file; not for demo and quickstart.",
        DefaultValueFactory = static _ => ConfigurationFile.DefaultName,
        HelpName = "FILE",
        Recursive = true,
    };

    public Option<bool> Json { get; } = new("--json") { Description = "Print the result as JSON; not for demo and serve.", Recursive = true };

    /// <summary>Runs the operation where the store is; prints the result by <paramref name="print"/>, or as JSON.</summary>
    public Task<int> RunAsync<TRequest, TResult>(
        ParseResult parsed, Operation<TRequest, TResult> operation, TRequest request, Action<TResult> print, CancellationToken cancel) =>
        RunAsync(parsed, operation, request, print, static _ => 0, cancel);

    /// <inheritdoc cref="RunAsync{TRequest, TResult}(ParseResult, Operation{TRequest, TResult}, TRequest, Action{TResult}, CancellationToken)"/>
    /// <param name="exitCode">What a script learns from a result that is no refusal.</param>
    public async Task<int> RunAsync<TRequest, TResult>(
        ParseResult parsed, Operation<TRequest, TResult> operation, TRequest request, Action<TResult> print, Func<TResult, int> exitCode, CancellationToken cancel)
    {
        var client = new ControlClient(Options(parsed));
        TResult result = await TerminalProgress.RunAsync(progress => client.RunAsync(operation, request, progress, cancel));
        Print(parsed, result, print);
        return exitCode(result);
    }

    /// <summary>The result as JSON where that was asked for, else by <paramref name="print"/>.</summary>
    public void Print<TResult>(ParseResult parsed, TResult result, Action<TResult> print)
    {
        if (parsed.GetValue(Json))
        {
            Say(JsonSerializer.Serialize(result, ControlJson.Readable));
        }
        else
        {
            print(result);
        }
    }

    public PosthornOptions Options(ParseResult parsed) => ConfigurationFile.Read(parsed.GetValue(Config)!);

    /// <summary>A line of text, never read as markup.</summary>
    public static void Say(string text) => Console.Out.WriteLine(text);

    /// <summary>A table with these columns; every cell is plain text. On a narrow terminal all but the first column wrap.</summary>
    public static void Table(IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows)
    {
        if (Console.IsOutputRedirected)
        {
            // A file and a pipe have no edge to wrap at.
            AnsiConsole.Profile.Width = RedirectedColumns;
        }

        var table = new Table().Border(TableBorder.Rounded);
        foreach (string column in columns)
        {
            var shown = new TableColumn(new Text(column));
            table.AddColumn(table.Columns.Count == 0 ? shown.NoWrap() : shown);
        }

        foreach (IReadOnlyList<string> row in rows)
        {
            table.AddRow(row.Select(cell => new Text(cell)));
        }

        AnsiConsole.Write(table);
    }

    /// <summary>A quota as it is typed: a number, or none.</summary>
    public static long? Limit(string text) => text == "none" ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number
        : throw new OperationRefusedException($"\"{text}\" is no quota. Give a number, or: none");

    /// <summary>A moment for a table; empty: there is none.</summary>
    public static string Moment(DateTimeOffset? moment) => moment is { } at ? FormattableString.Invariant($"{at.ToUniversalTime():yyyy-MM-dd HH:mm} UTC") : "";

    public static string Bytes(long bytes) => bytes switch
    {
        < 1_024 => $"{bytes} B",
        < 1_024 * 1_024 => FormattableString.Invariant($"{bytes / 1_024.0:0.0} KiB"),
        < 1_024L * 1_024 * 1_024 => FormattableString.Invariant($"{bytes / 1_048_576.0:0.0} MiB"),
        _ => FormattableString.Invariant($"{bytes / 1_073_741_824.0:0.00} GiB"),
    };
}
