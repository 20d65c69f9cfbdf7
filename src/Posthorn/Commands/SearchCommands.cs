using System.CommandLine;
using Posthorn.Administration;

namespace Posthorn.Commands;

/// <summary><c>posthorn search …</c></summary>
internal static class SearchCommands
{
    private const int MostShown = 50;

    public static Command Make(CommandContext context)
    {
        var command = new Command("search", "The index of words that makes searches fast, and searching itself.");
        command.Subcommands.Add(Status(context));
        command.Subcommands.Add(Rebuild(context));
        command.Subcommands.Add(Find(context));
        return command;
    }

    private static Option<string?> Account() => new("--account") { Description = "Only this account.", HelpName = "ADDRESS" };

    private static Command Status(CommandContext context)
    {
        Option<string?> account = Account();
        var command = new Command("status", "Says how far the index of each account has come.") { account };
        command.SetAction((parsed, cancel) => context.RunAsync(
            parsed, SearchOperations.Status, new SearchIndexRequest(parsed.GetValue(account)),
            rows => CommandContext.Table(
                ["Account", "Indexed", "Not yet", "Segments", "Size"],
                rows.Select(row => (IReadOnlyList<string>)
                    [row.Account, Number(row.Messages), Number(row.Missing), Number(row.Segments), CommandContext.Bytes(row.Bytes)])),
            cancel));
        return command;
    }

    private static Command Rebuild(CommandContext context)
    {
        Option<string?> account = Account();
        var command = new Command("rebuild", "Makes the index anew from the mail, while the server runs. Searches read the mail itself meanwhile.") { account };
        command.SetAction((parsed, cancel) => context.RunAsync(
            parsed, SearchOperations.Rebuild, new SearchIndexRequest(parsed.GetValue(account)),
            built => CommandContext.Say($"{Number(built.Messages)} messages of {(built.Accounts == 1 ? "one account" : $"{Number(built.Accounts)} accounts")} are indexed."), cancel));
        return command;
    }

    private static Command Find(CommandContext context)
    {
        var address = new Argument<string>("address") { Description = "Address of the account.", HelpName = "ADDRESS" };
        var query = new Argument<string[]>("query")
        {
            Description = "Words, \"phrases\", from: to: subject: filename: has:attachment is:unread in: before:2026-01-31 after: larger:5M; a minus (after --) for not.",
            HelpName = "QUERY",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var command = new Command("find", $"Finds messages of an account, the newest first, {MostShown} at the most.") { address, query };
        command.SetAction((parsed, cancel) => context.RunAsync(
            parsed, SearchOperations.Find, new SearchFindRequest(parsed.GetRequiredValue(address), string.Join(' ', parsed.GetValue(query) ?? []), MostShown), Print, cancel));
        return command;
    }

    private static void Print(FoundMessages found)
    {
        foreach (string objection in found.Objections)
        {
            CommandContext.Say(objection);
        }

        if (found.Messages.Count == 0)
        {
            CommandContext.Say("Nothing was found.");
            return;
        }

        CommandContext.Table(
            ["Received", "Folder", "UID", "From", "Subject"],
            found.Messages.Select(message => (IReadOnlyList<string>)
                [FormattableString.Invariant($"{message.Received.ToLocalTime():yyyy-MM-dd HH:mm}"), message.Mailbox, Number(message.Uid), message.From, message.Subject]));
        if (found.More)
        {
            CommandContext.Say("There are more: say it more closely to see them.");
        }
    }

    private static string Number(long number) => FormattableString.Invariant($"{number:N0}");
}
