using System.CommandLine;
using Posthorn.Administration;

namespace Posthorn.Commands;

/// <summary><c>posthorn status</c></summary>
internal static class StatusCommand
{
    public static Command Make(CommandContext context)
    {
        var command = new Command("status", "Says whether the server runs, since when, and where it listens.");
        command.SetAction((parsed, cancel) => context.RunAsync(
            parsed, StatusOperations.Show, new StatusRequest(),
            status =>
            {
                CommandContext.Say(FormattableString.Invariant(
                    $"Running as process {status.ProcessId} since {status.Started:yyyy-MM-dd HH:mm:ss} UTC, {CommandContext.Bytes(status.ResidentBytes)} in memory."));
                CommandContext.Table(
                    ["Listener", "Port"], status.Ports.Select(port => (IReadOnlyList<string>)[port.Key, FormattableString.Invariant($"{port.Value}")]));
            },
            cancel));
        return command;
    }
}
