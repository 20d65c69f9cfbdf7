using System.CommandLine;
using Posthorn.Administration;
using Posthorn.Core.Delivery;

namespace Posthorn.Commands;

/// <summary><c>posthorn deliveries</c></summary>
internal static class DeliveriesCommand
{
    public static Command Make(CommandContext context)
    {
        var address = new Argument<string?>("address")
        {
            Description = "Sender or recipient, or a part of one. Without it: all.",
            HelpName = "ADDRESS",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var trouble = new Option<bool>("--trouble") { Description = "Only refusals, delays and returns." };
        var command = new Command("deliveries", "Shows what became of recent mail, in and out, with what the other side said. The newest first.") { address, trouble };
        command.SetAction((parsed, cancel) => context.RunAsync(
            parsed, DeliveryOperations.List, new DeliveriesRequest(parsed.GetValue(address) ?? "", parsed.GetValue(trouble)),
            lines =>
            {
                CommandContext.Table(
                    ["When", "Outcome", "From", "To", "Host", "Reason"],
                    lines.Select(line => (IReadOnlyList<string>)[CommandContext.Moment(line.At), line.Outcome, line.Sender, line.Recipient, line.Host, line.Reason]));
                if (lines.Count == DeliveryLog.MaxShown)
                {
                    CommandContext.Say($"Only the newest {DeliveryLog.MaxShown} are shown. Give an address to see others.");
                }
            },
            cancel));
        return command;
    }
}
