using System.CommandLine;

namespace Posthorn.Commands;

/// <summary>The whole command line.</summary>
internal static class PosthornCommand
{
    public static RootCommand Make(CommandContext context)
    {
        var root = new RootCommand("Posthorn: a whole mail service in one program.");
        root.Options.Add(context.Config);
        root.Options.Add(context.Json);
        root.Subcommands.Add(DemoCommand.Make());
        root.Subcommands.Add(QuickstartCommand.Make(context));
        root.Subcommands.Add(ServeCommand.Make(context));
        root.Subcommands.Add(AccountCommands.Make(context));
        root.Subcommands.Add(StatusCommand.Make(context));
        root.Subcommands.Add(DomainCommands.Make(context));
        root.Subcommands.Add(AliasCommands.Make(context));
        root.Subcommands.Add(QueueCommands.Make(context));
        root.Subcommands.Add(DeliveriesCommand.Make(context));
        root.Subcommands.Add(StorageCommand.Make(context));
        root.Subcommands.Add(UndeleteCommands.Make(context));
        root.Subcommands.Add(SearchCommands.Make(context));
        root.Subcommands.Add(HelpAnswersCommand.Make(context));
        root.Subcommands.Add(MoveStoreCommand.Make(context));
        root.Subcommands.Add(UpgradeCommand.Make(context));
        root.Subcommands.Add(ImportCommands.Make(context));
        root.Subcommands.Add(ExportCommands.Make(context));
        foreach (Command maintenance in MaintenanceCommands.Make(context))
        {
            root.Subcommands.Add(maintenance);
        }

        Refuse(root, "demo", context.Config, "The demo has a configuration of its own. To run one of yours: posthorn serve --config FILE");
        Refuse(root, "demo", context.Json, "The demo runs until it is stopped; it prints no result.");
        Refuse(root, "serve", context.Json, "What serves prints no result. For log lines as JSON: telemetry.jsonLogs in the configuration");
        Refuse(root, "quickstart", context.Config, "Quickstart writes the configuration file. Where to: --folder DIR");
        return root;
    }

    /// <summary>An option of all commands that one has no use for is told so, instead of passed over.</summary>
    private static void Refuse(RootCommand root, string command, Option option, string reason) =>
        root.Subcommands.Single(one => one.Name == command).Validators.Add(parsed =>
        {
            if (parsed.GetResult(option) is { Implicit: false })
            {
                parsed.AddError(reason);
            }
        });
}
