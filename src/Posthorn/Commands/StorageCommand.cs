using System.CommandLine;
using Posthorn.Administration;

namespace Posthorn.Commands;

/// <summary><c>posthorn storage</c></summary>
internal static class StorageCommand
{
    public static Command Make(CommandContext context)
    {
        var top = new Option<int>("--top") { Description = "Accounts to list, the largest first.", HelpName = "COUNT", DefaultValueFactory = static _ => StorageOperations.DefaultTop };
        var command = new Command("storage", "Shows how much room everything takes: the database, large messages, each account with its search index, and what is free.") { top };
        command.SetAction((parsed, cancel) => context.RunAsync(
            parsed, StorageOperations.Show, new StorageRequest(parsed.GetValue(top)),
            room =>
            {
                CommandContext.Table(
                    ["What", "Size", "Messages"],
                    [
                        ["Database", CommandContext.Bytes(room.DatabaseBytes), ""],
                        ["Small messages in it", CommandContext.Bytes(room.Small.Octets), FormattableString.Invariant($"{room.Small.Count}")],
                        ["Large messages beside it", CommandContext.Bytes(room.Large.Octets), FormattableString.Invariant($"{room.Large.Count}")],
                        ["Free on the disk", CommandContext.Bytes(room.FreeBytes), ""],
                    ]);
                CommandContext.Say("Messages are counted as they came; most take less room, because they are compressed and copies of one message share it.");
                CommandContext.Table(
                    ["Account", "Holds", "Messages", "Quota", "Search index"],
                    room.Accounts.Select(account => (IReadOnlyList<string>)
                    [
                        account.Address, CommandContext.Bytes(account.UsedBytes), FormattableString.Invariant($"{account.Messages}"),
                        account.QuotaBytes is { } quota ? CommandContext.Bytes(quota) : "none", CommandContext.Bytes(account.IndexBytes),
                    ]));
                if (room.AllAccounts > room.Accounts.Count)
                {
                    CommandContext.Say($"These are the largest {room.Accounts.Count} of {room.AllAccounts} accounts; --top {room.AllAccounts} lists all.");
                }
            },
            cancel));
        return command;
    }
}
