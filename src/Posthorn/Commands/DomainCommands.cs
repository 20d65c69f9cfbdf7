using System.CommandLine;
using Posthorn.Administration;

namespace Posthorn.Commands;

/// <summary><c>posthorn domain …</c></summary>
internal static class DomainCommands
{
    public static Command Make(CommandContext context)
    {
        var command = new Command("domain", "Mail domains: add, list, remove, their quota, the DNS records they need, and whether the DNS has them.");
        command.Subcommands.Add(Add(context));
        command.Subcommands.Add(List(context));
        command.Subcommands.Add(Remove(context));
        command.Subcommands.Add(Quota(context));
        command.Subcommands.Add(Dns(context));
        command.Subcommands.Add(Check(context));
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
            domains => CommandContext.Table(
                ["Domain", "Quota", "Used", "Keys"],
                domains.Select(domain => (IReadOnlyList<string>)
                [
                    domain.Name, domain.QuotaBytes is { } quota ? CommandContext.Bytes(quota) : "none", domain.UsedBytes is { } used ? CommandContext.Bytes(used) : "",
                    string.Join(", ", domain.Keys),
                ])),
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

    private static Command Quota(CommandContext context)
    {
        Argument<string> name = Name();
        var bytes = new Argument<string>("bytes") { Description = "Octets that all accounts of the domain may hold together, or: none", HelpName = "BYTES|none" };
        var command = new Command("quota", "Limits what the accounts of a domain hold together.") { name, bytes };
        command.SetAction((parsed, cancel) =>
        {
            long? limit = CommandContext.Limit(parsed.GetRequiredValue(bytes));
            return context.RunAsync(
                parsed, DomainOperations.Quota, new DomainQuotaRequest(parsed.GetRequiredValue(name), limit),
                domain => CommandContext.Say(domain.QuotaBytes is { } quota
                    ? $"The accounts of {domain.Name} may hold {CommandContext.Bytes(quota)} together; they hold {CommandContext.Bytes(domain.UsedBytes ?? 0)}."
                    : $"The domain {domain.Name} has no quota."),
                cancel);
        });
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

    private static Command Check(CommandContext context)
    {
        Argument<string> name = Name();
        var command = new Command("check", "Looks up each DNS record of a domain and says which is right. Exit status 1: one is missing or says something else.") { name };
        command.SetAction((parsed, cancel) => context.RunAsync(
            parsed, DomainOperations.Check, new DomainRequest(parsed.GetRequiredValue(name)),
            records => CommandContext.Table(
                ["State", "Name", "Type", "Value", "The DNS says"],
                records.Select(record => (IReadOnlyList<string>)[record.State, record.Name, record.Type, record.Value, record.Found])),
            records => records.All(static record => record.State == "right") ? 0 : 1, cancel));
        return command;
    }
}
