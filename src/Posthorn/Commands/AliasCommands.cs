using System.CommandLine;
using Posthorn.Administration;

namespace Posthorn.Commands;

/// <summary><c>posthorn alias …</c></summary>
internal static class AliasCommands
{
    public static Command Make(CommandContext context)
    {
        var command = new Command("alias", "Other addresses for accounts, lists of targets, catch-alls.");
        command.Subcommands.Add(Add(context));
        command.Subcommands.Add(List(context));
        command.Subcommands.Add(Remove(context));
        return command;
    }

    private static Command Add(CommandContext context)
    {
        var address = new Argument<string>("address") { Description = "The alias; @domain catches all of a domain.", HelpName = "ADDRESS" };
        var targets = new Argument<string[]>("targets") { Description = "One or more addresses that get the mail.", HelpName = "TARGET", Arity = ArgumentArity.OneOrMore };
        var command = new Command("add", "Adds an alias.") { address, targets };
        command.SetAction((parsed, cancel) => context.RunAsync(
            parsed, AliasOperations.Add, new AliasAddRequest(parsed.GetRequiredValue(address), parsed.GetRequiredValue(targets)),
            added => CommandContext.Say($"Mail for {added.Address} goes to {string.Join(", ", added.Targets)}."), cancel));
        return command;
    }

    private static Command List(CommandContext context)
    {
        var command = new Command("list", "Lists all aliases.");
        command.SetAction((parsed, cancel) => context.RunAsync(
            parsed, AliasOperations.List, new AliasRequest(),
            aliases => CommandContext.Table(["Alias", "Targets"], aliases.Select(alias => (IReadOnlyList<string>)[alias.Address, string.Join(", ", alias.Targets)])),
            cancel));
        return command;
    }

    private static Command Remove(CommandContext context)
    {
        var address = new Argument<string>("address") { Description = "The alias, as alias list shows it.", HelpName = "ADDRESS" };
        var command = new Command("remove", "Removes an alias.") { address };
        command.SetAction((parsed, cancel) => context.RunAsync(
            parsed, AliasOperations.Remove, new AliasRequest(parsed.GetRequiredValue(address)),
            _ => CommandContext.Say($"The alias {parsed.GetRequiredValue(address)} is removed."), cancel));
        return command;
    }
}
