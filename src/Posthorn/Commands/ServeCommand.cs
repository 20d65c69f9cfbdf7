using System.CommandLine;
using Posthorn.Hosting;

namespace Posthorn.Commands;

/// <summary><c>posthorn serve</c></summary>
internal static class ServeCommand
{
    public static Command Make(CommandContext context)
    {
        var command = new Command("serve", "Runs the mail server until it is told to stop (Ctrl+C, SIGTERM).");
        command.SetAction(async (parsed, cancel) =>
        {
            await using MailServer server = MailServer.Build(context.Options(parsed));
            await server.RunAsync(static _ => { }, cancel);
            return 0;
        });
        return command;
    }
}
