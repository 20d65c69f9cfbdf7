using System.CommandLine;
using Posthorn.Administration;

namespace Posthorn.Commands;

/// <summary><c>posthorn account app-password …</c>, <c>posthorn account two-step …</c>, <c>posthorn account sign-ins …</c></summary>
internal static class AccountSecurityCommands
{
    public static Command AppPassword(CommandContext context)
    {
        var command = new Command("app-password", "App passwords of an account: add, list, remove.");
        command.Subcommands.Add(Add(context));
        command.Subcommands.Add(List(context));
        command.Subcommands.Add(Remove(context));
        return command;
    }

    public static Command TwoStep(CommandContext context)
    {
        Argument<string> address = Address();
        var off = new Command("off", "Turns two-step sign-in off for somebody who lost the app and the recovery codes: the password alone is enough again.") { address };
        off.SetAction((parsed, cancel) => context.RunAsync(
            parsed, SecurityOperations.TwoStepOff, new AccountRequest(parsed.GetRequiredValue(address)),
            _ => CommandContext.Say($"Two-step sign-in of {parsed.GetRequiredValue(address)} is off."), cancel));
        return new Command("two-step", "Two-step sign-in of an account.") { off };
    }

    public static Command SignIns(CommandContext context)
    {
        var account = new Argument<string?>("address") { Description = "Address, or a part of one. Without it: all accounts.", HelpName = "ADDRESS", Arity = ArgumentArity.ZeroOrOne };
        var refused = new Option<bool>("--refused") { Description = "Only those that were refused." };
        var page = new Option<int>("--page") { Description = "Which page; the first has the newest.", HelpName = "NUMBER", DefaultValueFactory = static _ => 1 };
        var command = new Command("sign-ins", "Shows who signed in, from where, and who was refused and why.") { account, refused, page };
        command.SetAction((parsed, cancel) => context.RunAsync(
            parsed, SecurityOperations.SignIns, new SignInsRequest(parsed.GetValue(account) ?? "", parsed.GetValue(refused), parsed.GetValue(page)),
            found =>
            {
                CommandContext.Table(
                    ["Last", "Account", "Outcome", "Times", "Protocol", "From", "Client"],
                    found.Lines.Select(line => (IReadOnlyList<string>)
                    [
                        Moment(line.Last) ?? "", line.Account.Length > 0 ? line.Account : "(no address)", line.Outcome, FormattableString.Invariant($"{line.Times}"), line.Protocol,
                        line.Address, line.Client,
                    ]));
                if (found.More)
                {
                    CommandContext.Say($"There are older ones: --page {found.Page + 1}");
                }
            },
            cancel));
        return command;
    }

    private static Command Add(CommandContext context)
    {
        Argument<string> address = Address(), name = Name();
        var scopes = new Option<string[]>("--scope")
        {
            Description = "What it opens: imap, pop3, smtp; repeat it for several. Without it: imap and smtp.",
            AllowMultipleArgumentsPerToken = true,
        };
        var days = new Option<int?>("--days") { Description = "Days until it is over. Without it: it stays until it is removed.", HelpName = "DAYS" };
        var command = new Command("add", "Makes an app password and shows it, once.") { address, name, scopes, days };
        command.SetAction((parsed, cancel) => context.RunAsync(
            parsed, SecurityOperations.AddAppPassword,
            new AppPasswordAddRequest(
                parsed.GetRequiredValue(address), parsed.GetRequiredValue(name), parsed.GetValue(scopes) is { Length: > 0 } given ? given : ["imap", "smtp"],
                parsed.GetValue(days) is { } count ? DateTimeOffset.UtcNow.AddDays(count) : null),
            made => CommandContext.Say($"{made.Secret}\nThis is the app password {made.Name}. It is not shown again."), cancel));
        return command;
    }

    private static Command List(CommandContext context)
    {
        Argument<string> address = Address();
        var command = new Command("list", "Lists the app passwords, without their secrets.") { address };
        command.SetAction((parsed, cancel) => context.RunAsync(
            parsed, SecurityOperations.ListAppPasswords, new AccountRequest(parsed.GetRequiredValue(address)),
            all => CommandContext.Table(
                ["Name", "Opens", "Last used", "From", "Ends"],
                all.Select(password => (IReadOnlyList<string>)
                [
                    password.Name, string.Join(", ", password.Scopes), Moment(password.Used) ?? "never yet", password.UsedAddress ?? "", Moment(password.Expires) ?? "never",
                ])),
            cancel));
        return command;
    }

    private static Command Remove(CommandContext context)
    {
        Argument<string> address = Address(), name = Name();
        var command = new Command("remove", "Removes an app password; the app that had it is signed out.") { address, name };
        command.SetAction((parsed, cancel) => context.RunAsync(
            parsed, SecurityOperations.RemoveAppPassword, new AppPasswordRequest(parsed.GetRequiredValue(address), parsed.GetRequiredValue(name)),
            removed => CommandContext.Say($"The app password {removed.Name} is removed."), cancel));
        return command;
    }

    private static string? Moment(DateTimeOffset? moment) => moment is { } at ? FormattableString.Invariant($"{at:yyyy-MM-dd HH:mm} UTC") : null;

    private static Argument<string> Address() => new("address") { Description = "Full address, such as you@example.org.", HelpName = "ADDRESS" };

    private static Argument<string> Name() => new("name") { Description = "Name of the app password, such as \"Mail on my phone\".", HelpName = "NAME" };
}
