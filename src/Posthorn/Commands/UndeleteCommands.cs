using System.CommandLine;
using Posthorn.Administration;

namespace Posthorn.Commands;

/// <summary><c>posthorn undelete …</c></summary>
internal static class UndeleteCommands
{
    public static Command Make(CommandContext context)
    {
        var command = new Command("undelete", "Messages that were removed and can be brought back.");
        command.Subcommands.Add(List(context));
        command.Subcommands.Add(Restore(context));
        return command;
    }

    private static Argument<string> Address() => new("address") { Description = "Address of the account.", HelpName = "ADDRESS" };

    private static Option<string?> Mailbox() => new("--mailbox") { Description = "Only what was in this mailbox.", HelpName = "NAME" };

    private static Option<DateTimeOffset?> Since() => new("--since") { Description = "Only what was removed then or later, such as 2026-01-31T09:00Z.", HelpName = "TIME" };

    private static Command List(CommandContext context)
    {
        Argument<string> address = Address();
        Option<string?> mailbox = Mailbox();
        Option<DateTimeOffset?> since = Since();
        var command = new Command("list", "Lists removed messages of an account, oldest removal first, 1,000 at the most.") { address, mailbox, since };
        command.SetAction((parsed, cancel) => context.RunAsync(
            parsed, UndeleteOperations.List, new UndeleteListRequest(parsed.GetRequiredValue(address), parsed.GetValue(mailbox), parsed.GetValue(since)),
            messages => CommandContext.Table(
                ["Id", "Mailbox", "Size", "Received", "Removed", "Begins"],
                messages.Select(message => (IReadOnlyList<string>)
                    [message.Id, message.Mailbox, CommandContext.Bytes(message.Size), Time(message.Received), Time(message.Removed), message.Preview])),
            cancel));
        return command;
    }

    private static Command Restore(CommandContext context)
    {
        Argument<string> address = Address();
        var ids = new Argument<string[]>("id") { Description = "Messages, as undelete list shows them.", HelpName = "ID", Arity = ArgumentArity.ZeroOrMore };
        var all = new Option<bool>("--all") { Description = "All that --mailbox and --since leave." };
        Option<string?> mailbox = Mailbox();
        Option<DateTimeOffset?> since = Since();
        var to = new Option<string?>("--to") { Description = "Mailbox that takes them; without it each goes where it was.", HelpName = "NAME" };
        var command = new Command("restore", "Brings removed messages back, under new UIDs.") { address, ids, all, mailbox, since, to };
        command.Validators.Add(result =>
        {
            if ((result.GetValue(ids) is { Length: > 0 }) == result.GetValue(all))
            {
                result.AddError("Name messages by their ids, or say --all.");
            }
        });
        command.SetAction((parsed, cancel) => context.RunAsync(
            parsed, UndeleteOperations.Restore,
            new UndeleteRestoreRequest(
                parsed.GetRequiredValue(address), parsed.GetValue(ids) ?? [], parsed.GetValue(mailbox), parsed.GetValue(since), parsed.GetValue(to)),
            count => CommandContext.Say(count.Messages == 1 ? "One message is back." : $"{count.Messages} messages are back."), cancel));
        return command;
    }

    private static string Time(DateTimeOffset time) => FormattableString.Invariant($"{time.ToLocalTime():yyyy-MM-dd HH:mm:ss}");
}
