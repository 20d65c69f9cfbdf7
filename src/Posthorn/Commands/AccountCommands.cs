using System.CommandLine;
using Posthorn.Administration;

namespace Posthorn.Commands;

/// <summary><c>posthorn account …</c></summary>
internal static class AccountCommands
{
    public static Command Make(CommandContext context)
    {
        var command = new Command("account", "Accounts: add, list, show, change the password, the name or the quota, disable, enable, remove; app passwords, two-step sign-in, who signed in, vacation replies and forwarding.");
        command.Subcommands.Add(Add(context));
        command.Subcommands.Add(List(context));
        command.Subcommands.Add(Show(context));
        command.Subcommands.Add(Password(context));
        command.Subcommands.Add(Name(context));
        command.Subcommands.Add(Quota(context));
        command.Subcommands.Add(Simple(context, "disable", "Stops all sign-ins and new mail; nothing is removed.", AccountOperations.Disable, "is disabled"));
        command.Subcommands.Add(Simple(context, "enable", "Lets a disabled account in again.", AccountOperations.Enable, "is enabled"));
        command.Subcommands.Add(Remove(context));
        command.Subcommands.Add(Simple(
            context, "restore", "Brings back an account that was removed, with its password and all its mail.", UndeleteOperations.RestoreAccount, "is back"));
        command.Subcommands.Add(Removed(context));
        command.Subcommands.Add(AccountSecurityCommands.AppPassword(context));
        command.Subcommands.Add(AccountSecurityCommands.TwoStep(context));
        command.Subcommands.Add(AccountReplyCommands.Vacation(context));
        command.Subcommands.Add(AccountReplyCommands.Forwarding(context));
        command.Subcommands.Add(AccountSecurityCommands.SignIns(context));
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
        var shared = new Option<bool>("--shared") { Description = "For many: everybody finds its inbox below Shared and may read it." };
        var quota = new Option<long?>("--quota") { Description = "Octets of mail allowed.", HelpName = "BYTES" };
        var command = new Command("add", "Adds an account with its folders. Asks for the password.") { address, stdin, name, administrator, quota, shared };
        command.SetAction((parsed, cancel) => context.RunAsync(
            parsed, AccountOperations.Add,
            new AccountAddRequest(
                parsed.GetRequiredValue(address), PasswordPrompt.Read(parsed.GetValue(stdin)), parsed.GetValue(name), parsed.GetValue(administrator), parsed.GetValue(quota),
                parsed.GetValue(shared)),
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
                    ["Quota of messages", account.QuotaMessages is { } count ? FormattableString.Invariant($"{count}") : "none"],
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

    private static Command Name(CommandContext context)
    {
        Argument<string> address = Address();
        var name = new Argument<string>("name") { Description = "The person's name; \"\" for none.", HelpName = "NAME" };
        var command = new Command("name", "Sets the person's name, which stands before the address in what is sent from the web.") { address, name };
        command.SetAction((parsed, cancel) => context.RunAsync(
            parsed, AccountOperations.Name, new AccountNameRequest(parsed.GetRequiredValue(address), parsed.GetRequiredValue(name)),
            _ => CommandContext.Say($"The name of {parsed.GetRequiredValue(address)} is set."), cancel));
        return command;
    }

    private static Command Quota(CommandContext context)
    {
        Argument<string> address = Address();
        var bytes = new Argument<string>("bytes") { Description = "Octets of mail allowed, or: none", HelpName = "BYTES|none" };
        var messages = new Option<string?>("--messages") { Description = "Messages allowed, or: none. Without it that limit stays as it is.", HelpName = "COUNT|none" };
        var command = new Command("quota", "Limits what the account may hold. At 90 % its owner is told by a message.") { address, bytes, messages };
        command.SetAction((parsed, cancel) =>
        {
            string? count = parsed.GetValue(messages);
            return context.RunAsync(
                parsed, AccountOperations.Quota,
                new AccountQuotaRequest(
                    parsed.GetRequiredValue(address), CommandContext.Limit(parsed.GetRequiredValue(bytes)), count is null ? null : CommandContext.Limit(count), count is null),
                account => CommandContext.Say(
                    FormattableString.Invariant($"{account.Address} may hold {(account.QuotaBytes is { } quota ? CommandContext.Bytes(quota) : "any amount")}")
                    + FormattableString.Invariant($" in {(account.QuotaMessages is { } limit ? $"{limit} messages" : "any number of messages")}; it holds {CommandContext.Bytes(account.UsedBytes)} in {account.Messages}.")),
                cancel);
        });
        return command;
    }

    private static Command Remove(CommandContext context)
    {
        Argument<string> address = Address();
        var yes = new Option<bool>("--yes") { Description = "Do not ask." };
        var command = new Command("remove", "Removes the account with all its mail. For the days of undelete.days, account restore brings it back.") { address, yes };
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

    private static Command Removed(CommandContext context)
    {
        var command = new Command("removed", "Lists accounts that can be brought back.");
        command.SetAction((parsed, cancel) => context.RunAsync(
            parsed, UndeleteOperations.Accounts, new AccountListRequest(),
            accounts => CommandContext.Table(
                ["Address", "Removed", "Messages", "Size"],
                accounts.Select(account => (IReadOnlyList<string>)
                [
                    account.Address, FormattableString.Invariant($"{account.Removed:yyyy-MM-dd HH:mm:ss} UTC"), FormattableString.Invariant($"{account.Messages}"),
                    CommandContext.Bytes(account.UsedBytes),
                ])),
            cancel));
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
