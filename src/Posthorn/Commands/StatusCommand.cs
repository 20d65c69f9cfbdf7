using System.CommandLine;
using Posthorn.Administration;

namespace Posthorn.Commands;

/// <summary><c>posthorn status</c></summary>
internal static class StatusCommand
{
    public static Command Make(CommandContext context)
    {
        var command = new Command("status", "Says whether the server runs, since when, where it listens, and whether it can take mail. Exit status 1: it cannot.");
        command.SetAction((parsed, cancel) => context.RunAsync(
            parsed, StatusOperations.Show, new StatusRequest(),
            status =>
            {
                CommandContext.Say(FormattableString.Invariant(
                    $"Running as process {status.ProcessId} since {status.Started:yyyy-MM-dd HH:mm:ss} UTC, {CommandContext.Bytes(status.ResidentBytes)} in memory."));
                CommandContext.Say(status.Trouble is { } trouble ? $"It cannot take mail: {trouble}" : "It can take mail: something was just written and synced.");
                CommandContext.Say(FormattableString.Invariant(
                    $"{CommandContext.Bytes(status.FreeBytes)} free on the disk; {status.Waiting} waiting to leave{(status.Oldest is null ? "" : ", the oldest since " + CommandContext.Moment(status.Oldest))}."));
                CommandContext.Table(
                    ["Listener", "Port"], status.Ports.Select(port => (IReadOnlyList<string>)[port.Key, FormattableString.Invariant($"{port.Value}")]));
            },
            static status => status.Trouble is null ? 0 : 1, cancel));
        return command;
    }
}
