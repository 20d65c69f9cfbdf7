using System.CommandLine;
using Posthorn.Administration;

namespace Posthorn.Commands;

/// <summary><c>posthorn queue …</c></summary>
internal static class QueueCommands
{
    public static Command Make(CommandContext context)
    {
        var command = new Command("queue", "Mail that is still on its way.");
        command.Subcommands.Add(List(context));
        command.Subcommands.Add(Show(context));
        command.Subcommands.Add(Retry(context));
        command.Subcommands.Add(Drop(context));
        return command;
    }

    private static Argument<long> Id() => new("id") { Description = "Number of the message, as queue list shows it.", HelpName = "ID" };

    private static Command List(CommandContext context)
    {
        var command = new Command("list", "Lists the queue.");
        command.SetAction((parsed, cancel) => context.RunAsync(
            parsed, QueueOperations.List, new QueueRequest(),
            entries => CommandContext.Table(
                ["Id", "From", "To", "Size", "Received", "Next try"],
                entries.Select(entry => (IReadOnlyList<string>)
                [
                    FormattableString.Invariant($"{entry.Id}"), entry.Sender,
                    entry.Recipients.Count == 1 ? entry.Recipients[0].Address : $"{entry.Recipients.Count} recipients",
                    CommandContext.Bytes(entry.Size), Time(entry.Received),
                    entry.Recipients.Count == 0 ? "" : Time(entry.Recipients.Min(recipient => recipient.NextAttempt)),
                ])),
            cancel));
        return command;
    }

    private static Command Show(CommandContext context)
    {
        Argument<long> id = Id();
        var command = new Command("show", "Shows a queued message: each recipient, tries, the last answer.") { id };
        command.SetAction((parsed, cancel) => context.RunAsync(
            parsed, QueueOperations.Show, new QueueRequest(parsed.GetRequiredValue(id)),
            entry =>
            {
                CommandContext.Say($"From {entry.Sender}, {CommandContext.Bytes(entry.Size)}, received {Time(entry.Received)}, returned after {Time(entry.Expires)}.");
                CommandContext.Table(
                    ["Recipient", "Tries", "Next try", "Last answer"],
                    entry.Recipients.Select(recipient => (IReadOnlyList<string>)
                        [recipient.Address, FormattableString.Invariant($"{recipient.Attempts}"), Time(recipient.NextAttempt), recipient.LastReply ?? ""]));
            },
            cancel));
        return command;
    }

    private static Command Retry(CommandContext context)
    {
        var id = new Argument<long?>("id") { Description = "Number of the message; all without it.", HelpName = "ID", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("retry", "Tries again now. What its sender holds back stays held.") { id };
        command.SetAction((parsed, cancel) => context.RunAsync(
            parsed, QueueOperations.Retry, new QueueRequest(parsed.GetValue(id)),
            count => CommandContext.Say(count.Recipients == 1 ? "One recipient is due now." : $"{count.Recipients} recipients are due now."), cancel));
        return command;
    }

    private static Command Drop(CommandContext context)
    {
        Argument<long> id = Id();
        var yes = new Option<bool>("--yes") { Description = "Do not ask." };
        var command = new Command("drop", "Takes a message out of the queue without telling its sender.") { id, yes };
        command.SetAction((parsed, cancel) =>
        {
            if (!parsed.GetValue(yes) && !Confirmation.Ask("Drop the message without telling its sender?"))
            {
                CommandContext.Say("Nothing was dropped.");
                return Task.FromResult(1);
            }

            return context.RunAsync(
                parsed, QueueOperations.Drop, new QueueRequest(parsed.GetRequiredValue(id)), _ => CommandContext.Say("The message is dropped."), cancel);
        });
        return command;
    }

    private static string Time(DateTimeOffset time) => FormattableString.Invariant($"{time.ToLocalTime():yyyy-MM-dd HH:mm:ss}");
}
