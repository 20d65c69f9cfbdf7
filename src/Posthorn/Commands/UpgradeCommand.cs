using System.CommandLine;
using Posthorn.Configuration;
using Posthorn.Core;
using Posthorn.Core.Maintenance;
using Posthorn.Core.Storage;
using Posthorn.Hosting;

namespace Posthorn.Commands;

/// <summary><c>posthorn upgrade</c></summary>
internal static class UpgradeCommand
{
    public static Command Make(CommandContext context)
    {
        var dryRun = new Option<bool>("--dry-run") { Description = "Only rehearse on a copy and say what would happen; the server of the version before may run." };
        var backedUp = new Option<bool>("--backed-up") { Description = "There is a backup: bring a large PostgreSQL store up to date without setting a copy aside first." };
        var command = new Command("upgrade", "Brings the store to this program's version, as the start of the server does; --dry-run rehearses it.") { dryRun, backedUp };
        command.SetAction(async (parsed, cancel) =>
        {
            PosthornOptions options = context.Options(parsed);
            FolderOwner.Require(options.DataFolder);
            StoreOptions store = StoreHost.CoreOptions(options);
            UpgradeReport report = await TerminalProgress.RunAsync(async progress =>
            {
                progress.Report(new Administration.WorkProgress("Rehearsing on a copy", 0, null));
                return await Upgrade.RehearseAsync(store, TimeProvider.System, cancel);
            });
            context.Print(parsed, report, known => Say(known, options));
            if (!report.IsNeeded || parsed.GetValue(dryRun) || report.Problems.Count > 0)
            {
                return report.Problems.Count == 0 ? 0 : 1;
            }

            await using ServiceProvider services = StoreHost.Build(options, parsed.GetValue(backedUp));
            services.GetRequiredService<IStore>();
            if (!parsed.GetValue(context.Json))
            {
                CommandContext.Say($"The store has schema {report.To} now.");
            }

            return 0;
        });
        return command;
    }

    private static void Say(UpgradeReport report, PosthornOptions options)
    {
        if (!report.IsNeeded)
        {
            CommandContext.Say($"The store is up to date (schema {report.To}).");
            return;
        }

        CommandContext.Say(FormattableString.Invariant(
            $"The store has schema {report.From}, this program works with {report.To}: {report.To - report.From} migrations. On a copy of {CommandContext.Bytes(report.Bytes)} they took {report.Took.TotalSeconds:0.0} s."));
        foreach (string problem in report.Problems)
        {
            CommandContext.Say($"WRONG    {problem}");
        }

        CommandContext.Say(options.Store.Length == 0
            ? FormattableString.Invariant($"Before it begins, the start sets a copy aside: {Path.Combine(options.DataFolder, "posthorn.db")}.schema-{report.From}. It needs as much room on the disk.")
            : FormattableString.Invariant($"Before it begins, the start sets a copy aside in the database, in the schema posthorn_schema_{report.From}; a store larger than {CommandContext.Bytes(StoreOptions.LargestSetAside)} wants a backup instead, and: posthorn upgrade --backed-up"));
        CommandContext.Say(report.Problems.Count == 0
            ? "The upgrade can be done: stop the servers of the version before, then start this one."
            : "Do not start this version on the store. Keep the version before, and report what is wrong.");
    }
}
