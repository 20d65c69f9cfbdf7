using System.CommandLine;
using Posthorn.Administration;

namespace Posthorn.Commands;

/// <summary><c>posthorn account vacation …</c>, <c>posthorn account forwarding …</c></summary>
internal static class AccountReplyCommands
{
    public static Command Vacation(CommandContext context)
    {
        var command = new Command("vacation", "The reply that an account sends by itself while its owner is away: show, on, off.");
        command.Subcommands.Add(Show(context, "Shows the vacation reply of an account.", ReplyOperations.ShowVacation, static info =>
        [
            ["State", info.State], ["First day", Day(info.First)], ["Last day", Day(info.Last)], ["Time zone", info.Zone],
            ["Once per sender in", FormattableString.Invariant($"{info.Days} days")], ["Subject", info.Subject.Length == 0 ? "Auto: (subject of the message)" : info.Subject],
            ["Text", info.Text], ["People outside", info.Outside], ["Text for outside", info.OutsideText],
        ]));
        command.Subcommands.Add(On(context));
        command.Subcommands.Add(Simple(context, "off", "Turns it off; its words stay for the next time.", ReplyOperations.VacationOff, "answers no more"));
        return command;
    }

    public static Command Forwarding(CommandContext context)
    {
        var command = new Command("forwarding", "Where the mail of an account goes on to: show, off, allow. Its owner adds and confirms addresses on the web.");
        command.Subcommands.Add(Show(context, "Shows the addresses that mail is forwarded to.", ReplyOperations.ShowForwarding, static info =>
        [
            ["State", info.Barred ? "turned off by an administrator" : info.On ? "on" : "off"], ["Keeps a copy", info.KeepsCopy ? "yes" : "no"],
            .. info.Addresses.Select(static address => (IReadOnlyList<string>)
            [
                address.Address, address.Confirmed is { } at ? FormattableString.Invariant($"confirmed {at:yyyy-MM-dd HH:mm} UTC") : "not confirmed: nothing goes there",
            ]),
        ]));
        command.Subcommands.Add(Simple(
            context, "off", "Ends the forwarding of an account; its owner cannot turn it on again.", ReplyOperations.ForwardingOff, "forwards no mail"));
        command.Subcommands.Add(Simple(context, "allow", "Lets an account forward again.", ReplyOperations.ForwardingAllow, "may forward its mail"));
        return command;
    }

    private static Command On(CommandContext context)
    {
        Argument<string> address = Address();
        var text = new Option<string?>("--text") { Description = "What it says. Without it: all of standard input." };
        var subject = new Option<string?>("--subject") { Description = "Without it: \"Auto: \" and the subject of the message that is answered." };
        var first = new Option<DateOnly?>("--from") { Description = "The first day, such as 2026-12-24. Without it: today.", HelpName = "DAY" };
        var last = new Option<DateOnly?>("--until") { Description = "The last day, included. Without it: until it is turned off.", HelpName = "DAY" };
        var zone = new Option<string?>("--zone") { Description = "Where these days are, such as Europe/Berlin.", HelpName = "ZONE" };
        var days = new Option<int?>("--days") { Description = "Days until one sender is answered again. Without it: 7.", HelpName = "DAYS" };
        var outside = new Option<string?>("--outside") { Description = "What people of other domains get: same, other, none. Without it: the same.", HelpName = "WHAT" };
        var outsideText = new Option<string?>("--outside-text") { Description = "What it says to them, with --outside other." };
        var command = new Command("on", "Turns the vacation reply of an account on.") { address, text, subject, first, last, zone, days, outside, outsideText };
        command.SetAction((parsed, cancel) => context.RunAsync(
            parsed, ReplyOperations.VacationOn,
            new VacationOnRequest(
                parsed.GetRequiredValue(address), parsed.GetValue(text) ?? Console.In.ReadToEnd(), parsed.GetValue(subject), parsed.GetValue(first), parsed.GetValue(last),
                parsed.GetValue(zone), parsed.GetValue(days), parsed.GetValue(outside), parsed.GetValue(outsideText)),
            info => CommandContext.Say(info.State switch
            {
                "ahead" => $"{parsed.GetRequiredValue(address)} answers by itself from {Day(info.First)} on.",
                "over" => $"It is on, but its last day ({Day(info.Last)}) has passed: nothing is answered.",
                _ => $"{parsed.GetRequiredValue(address)} answers by itself from now on.",
            }),
            cancel));
        return command;
    }

    private static Command Show<TResult>(
        CommandContext context, string description, Operation<AccountRequest, TResult> operation, Func<TResult, IReadOnlyList<IReadOnlyList<string>>> rows)
    {
        Argument<string> address = Address();
        var command = new Command("show", description) { address };
        command.SetAction((parsed, cancel) => context.RunAsync(
            parsed, operation, new AccountRequest(parsed.GetRequiredValue(address)), info => CommandContext.Table(["Key", "Value"], rows(info)), cancel));
        return command;
    }

    private static Command Simple<TResult>(CommandContext context, string verb, string description, Operation<AccountRequest, TResult> operation, string done)
    {
        Argument<string> address = Address();
        var command = new Command(verb, description) { address };
        command.SetAction((parsed, cancel) => context.RunAsync(
            parsed, operation, new AccountRequest(parsed.GetRequiredValue(address)), _ => CommandContext.Say($"{parsed.GetRequiredValue(address)} {done}."), cancel));
        return command;
    }

    private static string Day(DateOnly? day) => day is { } given ? FormattableString.Invariant($"{given:yyyy-MM-dd}") : "";

    private static Argument<string> Address() => new("address") { Description = "Full address, such as you@example.org.", HelpName = "ADDRESS" };
}
