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

        return root;
    }
}
