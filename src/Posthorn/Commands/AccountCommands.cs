using System.CommandLine;
using Posthorn.Administration;

namespace Posthorn.Commands;

/// <summary><c>posthorn account …</c></summary>
internal static class AccountCommands
{
    public static Command Make(CommandContext context)
    {
        var command = new Command("account", "Accounts: add, list, show, change the password, disable, enable, remove.");
        command.Subcommands.Add(Add(context));
        command.Subcommands.Add(List(context));
        command.Subcommands.Add(Show(context));
        command.Subcommands.Add(Password(context));
        command.Subcommands.Add(Simple(context, "disable", "Stops all sign-ins and new mail; nothing is removed.", AccountOperations.Disable, "is disabled"));
        command.Subcommands.Add(Simple(context, "enable", "Lets a disabled account in again.", AccountOperations.Enable, "is enabled"));
        command.Subcommands.Add(Remove(context));
        return command;
    }

    private static Argument<string> Address() => new("address") { Description = "Full address, such as you@example.org.", HelpName = "ADDRESS" };

    private static Option<bool> PasswordStdin() => new("--password-stdin") { Description = "Take the password from the first line of standard input." };

    private static Command Add(CommandContext context)
    {
        Argument<string> address = Address();
        Option<bool> stdin = PasswordStdin();
        var name = new Option<string?>("--name") { Description = "The person's name." };
        var administrator = new Option<bool>("--admin") { Description = "May administer the server." };
        var quota = new Option<long?>("--quota") { Description = "Octets of mail allowed.", HelpName = "BYTES" };
        var command = new Command("add", "Adds an account with its folders. Asks for the password.") { address, stdin, name, administrator, quota };
        command.SetAction((parsed, cancel) => context.RunAsync(
            parsed, AccountOperations.Add,
            new AccountAddRequest(
                parsed.GetRequiredValue(address), PasswordPrompt.Read(parsed.GetValue(stdin)), parsed.GetValue(name), parsed.GetValue(administrator), parsed.GetValue(quota)),
            added => CommandContext.Say($"The account {added.Address} is ready."), cancel));
        return command;
    }

    private static Command List(CommandContext context)
    {
        var command = new Command("list", "Lists all accounts.");
        command.SetAction((parsed, cancel) => context.RunAsync(
            parsed, AccountOperations.List, new AccountListRequest(),
            accounts => CommandContext.Table(
                ["Address", "Name", "State", "Messages", "Used", "Quota"],
                accounts.Select(account => (IReadOnlyList<string>)
                [
                    account.Address, account.Name ?? "", State(account), FormattableString.Invariant($"{account.Messages}"), CommandContext.Bytes(account.UsedBytes),
                    account.QuotaBytes is { } quota ? CommandContext.Bytes(quota) : "none",
                ])),
            cancel));
        return command;
    }

    private static Command Show(CommandContext context)
    {
        Argument<string> address = Address();
        var command = new Command("show", "Shows one account.") { address };
        command.SetAction((parsed, cancel) => context.RunAsync(
            parsed, AccountOperations.Show, new AccountRequest(parsed.GetRequiredValue(address)),
            account => CommandContext.Table(
                ["Key", "Value"],
                [
                    ["Address", account.Address], ["Name", account.Name ?? ""], ["State", State(account)],
                    ["Messages", FormattableString.Invariant($"{account.Messages}")], ["Used", CommandContext.Bytes(account.UsedBytes)],
                    ["Quota", account.QuotaBytes is { } quota ? CommandContext.Bytes(quota) : "none"],
                    ["Created", FormattableString.Invariant($"{account.Created:yyyy-MM-dd HH:mm:ss} UTC")],
                ]),
            cancel));
        return command;
    }

    private static Command Password(CommandContext context)
    {
        Argument<string> address = Address();
        Option<bool> stdin = PasswordStdin();
        var command = new Command("password", "Sets a new password; the old one stops at once.") { address, stdin };
        command.SetAction((parsed, cancel) => context.RunAsync(
            parsed, AccountOperations.Password, new AccountPasswordRequest(parsed.GetRequiredValue(address), PasswordPrompt.Read(parsed.GetValue(stdin))),
            _ => CommandContext.Say($"The password of {parsed.GetRequiredValue(address)} is changed."), cancel));
        return command;
    }

    private static Command Remove(CommandContext context)
    {
        Argument<string> address = Address();
        var yes = new Option<bool>("--yes") { Description = "Do not ask." };
        var command = new Command("remove", "Removes the account with all its mail, for good.") { address, yes };
        command.SetAction((parsed, cancel) =>
        {
            string account = parsed.GetRequiredValue(address);
            if (!parsed.GetValue(yes) && !Confirmation.Ask($"Remove {account} and all its mail?"))
            {
                CommandContext.Say("Nothing was removed.");
                return Task.FromResult(1);
            }

            return context.RunAsync(
                parsed, AccountOperations.Remove, new AccountRequest(account), _ => CommandContext.Say($"The account {account} is removed."), cancel);
        });
        return command;
    }

    private static Command Simple<TResult>(
        CommandContext context, string verb, string description, Operation<AccountRequest, TResult> operation, string done)
    {
        Argument<string> address = Address();
        var command = new Command(verb, description) { address };
        command.SetAction((parsed, cancel) => context.RunAsync(
            parsed, operation, new AccountRequest(parsed.GetRequiredValue(address)),
            _ => CommandContext.Say($"The account {parsed.GetRequiredValue(address)} {done}."), cancel));
        return command;
    }

    private static string State(AccountInfo account) => account.Disabled ? "disabled" : account.Administrator ? "administrator" : "active";
}
