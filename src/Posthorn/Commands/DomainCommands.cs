using System.CommandLine;
using Posthorn.Administration;

namespace Posthorn.Commands;

/// <summary><c>posthorn domain …</c></summary>
internal static class DomainCommands
{
    public static Command Make(CommandContext context)
    {
        var command = new Command("domain", "Mail domains: add, list, remove, and the DNS records they need.");
        command.Subcommands.Add(Add(context));
        command.Subcommands.Add(List(context));
        command.Subcommands.Add(Remove(context));
        command.Subcommands.Add(Dns(context));
        return command;
    }

    private static Argument<string> Name() => new("name") { Description = "The domain, such as example.org.", HelpName = "DOMAIN" };

    private static Command Add(CommandContext context)
    {
        Argument<string> name = Name();
        var command = new Command("add", "Adds a domain and makes its signing keys.") { name };
        command.SetAction((parsed, cancel) => context.RunAsync(
            parsed, DomainOperations.Add, new DomainRequest(parsed.GetRequiredValue(name)),
            added => CommandContext.Say($"The domain {added.Name} is added. Its DNS records: posthorn domain dns {added.Name}"), cancel));
        return command;
    }

    private static Command List(CommandContext context)
    {
        var command = new Command("list", "Lists all domains.");
        command.SetAction((parsed, cancel) => context.RunAsync(
            parsed, DomainOperations.List, new DomainRequest(),
            domains => CommandContext.Table(["Domain", "Keys"], domains.Select(domain => (IReadOnlyList<string>)[domain.Name, string.Join(", ", domain.Keys)])),
            cancel));
        return command;
    }

    private static Command Remove(CommandContext context)
    {
        Argument<string> name = Name();
        var command = new Command("remove", "Removes a domain that no account or alias uses any more.") { name };
        command.SetAction((parsed, cancel) => context.RunAsync(
            parsed, DomainOperations.Remove, new DomainRequest(parsed.GetRequiredValue(name)),
            _ => CommandContext.Say($"The domain {parsed.GetRequiredValue(name)} is removed."), cancel));
        return command;
    }

    private static Command Dns(CommandContext context)
    {
        Argument<string> name = Name();
        var command = new Command("dns", "Prints the DNS records of a domain as lines of a zone file.") { name };
        command.SetAction((parsed, cancel) => context.RunAsync(
            parsed, DomainOperations.Dns, new DomainRequest(parsed.GetRequiredValue(name)),
            zone => CommandContext.Say(string.Join('\n', zone.Zone)), cancel));
        return command;
    }
}
