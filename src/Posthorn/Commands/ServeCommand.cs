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

            // Not 0 unless it was told to stop: who starts it again after a failure (systemd's Restart=on-failure) has to know.
            return await server.RunAsync(static _ => { }, cancel) ? 0 : 1;
        });
        return command;
    }
}
