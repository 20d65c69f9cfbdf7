using System.CommandLine;
using Posthorn.Administration;
using Posthorn.Configuration;
using Posthorn.Control;
using Posthorn.Hosting;

namespace Posthorn.Commands;

/// <summary><c>posthorn check</c>, <c>posthorn backup</c>, <c>posthorn restore</c></summary>
internal static class MaintenanceCommands
{
    public static IEnumerable<Command> Make(CommandContext context) => [Check(context), Backup(context), Restore(context)];

    private static Command Check(CommandContext context)
    {
        var repair = new Option<bool>("--repair") { Description = "Put right what can be: counters, usage, references; a damaged search index is dropped and made anew." };
        var command = new Command("check", "Verifies the store and says what is wrong; exit code 1 when something stays wrong.") { repair };
        command.SetAction((parsed, cancel) => context.RunAsync(
            parsed, MaintenanceOperations.Check, new CheckRequest(parsed.GetValue(repair)), Print, static report => report.Unrepaired == 0 ? 0 : 1, cancel));
        return command;
    }

    private static void Print(CheckReport report)
    {
        if (report.Findings.Count == 0)
        {
            CommandContext.Say("The store is sound.");
            return;
        }

        foreach (CheckFinding finding in report.Findings)
        {
            CommandContext.Say($"{(finding.Repaired ? "REPAIRED" : "WRONG   ")} {finding.What}: {finding.Text}");
        }

        CommandContext.Say(Advice(report));
    }

    /// <summary>The next step, by the worst that was found.</summary>
    private static string Advice(CheckReport report)
    {
        CheckFinding[] wrong = [.. report.Findings.Where(finding => !finding.Repaired)];
        if (wrong.Length == 0)
        {
            return "Everything found is repaired.";
        }

        return wrong.Any(finding => finding.What is "integrity" or "body")
            ? "Octets are lost here. Keep this data folder, and restore the newest backup into an empty one: posthorn restore FOLDER (see docs/operations.md)."
            : "No mail is lost: these are counts and indexes beside the mail. Put them right with: posthorn check --repair";
    }

    private static Argument<string> Folder(string description) => new("folder") { Description = description, HelpName = "FOLDER" };

    private static Command Backup(CommandContext context)
    {
        Argument<string> folder = Folder("An empty folder, or that of an earlier backup: then only what is new is copied.");
        var command = new Command("backup", "Copies the store into a folder while the server goes on working.") { folder };
        command.SetAction((parsed, cancel) => context.RunAsync(
            parsed, MaintenanceOperations.Backup, new BackupRequest(Path.GetFullPath(parsed.GetRequiredValue(folder))),
            static report =>
            {
                CommandContext.Say(FormattableString.Invariant(
                    $"The store of {report.Taken:yyyy-MM-dd HH:mm:ss} UTC is in {report.Folder}, with {report.Bodies} large messages ({CommandContext.Bytes(report.BodyBytes)})."));
                CommandContext.Say(FormattableString.Invariant($"New since the backup before: {report.RowsWritten:N0} rows, {report.BodiesCopied:N0} large messages."));
                foreach (string damaged in report.Damaged)
                {
                    CommandContext.Say($"WRONG    {damaged}");
                }

                CommandContext.Say($"Copy the folder to another machine, and the configuration file with it. Prove it with: posthorn restore --verify {report.Folder}");
            },
            static report => report.Damaged.Count == 0 ? 0 : 1,
            cancel));
        return command;
    }

    private static Command Restore(CommandContext context)
    {
        Argument<string> folder = Folder("The folder of a backup.");
        var verify = new Option<bool>("--verify") { Description = "Only read the backup through and say whether it can be restored whole." };
        var command = new Command("restore", "Puts a backup into the empty store of the configuration, wherever it was taken from; no server may run on it.") { folder, verify };
        command.SetAction((parsed, cancel) =>
        {
            string backup = Path.GetFullPath(parsed.GetRequiredValue(folder));
            return parsed.GetValue(verify) ? VerifyAsync(context, parsed, backup, cancel) : RestoreAsync(context, parsed, backup, cancel);
        });
        return command;
    }

    /// <summary>Work on files beside the terminal's bar; what the disk says becomes one line.</summary>
    private static Task<T> WorkAsync<T>(Func<IProgress<WorkProgress>, ValueTask<T>> work, CancellationToken cancel) =>
        TerminalProgress.RunAsync(async progress =>
        {
            try
            {
                return await Task.Run(async () => await work(progress), cancel);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                throw new OperationRefusedException($"{failure.Message} What was begun is not used: run the command again when that is put right.");
            }
        });

    /// <param name="Problems">What is missing or damaged; none: the backup is whole.</param>
    private sealed record RestoreResult(string Folder, IReadOnlyList<string> Problems);

    private static async Task<int> VerifyAsync(CommandContext context, ParseResult parsed, string backup, CancellationToken cancel)
    {
        IReadOnlyList<string> problems = await WorkAsync(
            progress => ValueTask.FromResult(Core.Maintenance.Restore.Verify(backup, new StepProgress(progress), cancel)), cancel);
        return Done(context, parsed, new RestoreResult(backup, problems), problems.Count == 0
            ? [$"The backup in {backup} can be restored whole."]
            : [$"The backup in {backup} is damaged. Take a new one into another folder while the store is there."]);
    }

    private static async Task<int> RestoreAsync(CommandContext context, ParseResult parsed, string backup, CancellationToken cancel)
    {
        PosthornOptions options = context.Options(parsed);
        FolderOwner.Require(options.DataFolder);
        IReadOnlyList<string> missing = await WorkAsync(
            progress => Core.Maintenance.Restore.RunAsync(backup, StoreHost.CoreOptions(options), TimeProvider.System, new StepProgress(progress), cancel), cancel);
        string place = options.Store.Length > 0 ? "the database of the configuration" : options.DataFolder;
        return Done(context, parsed, new RestoreResult(backup, missing),
        [
            $"The backup is restored into {place}. Mail apps will load their folders anew, once.",
            "Check it, then start the server: posthorn check && posthorn serve",
        ]);
    }

    private static int Done(CommandContext context, ParseResult parsed, RestoreResult result, string[] words)
    {
        context.Print(parsed, result, known =>
        {
            foreach (string line in known.Problems.Select(static problem => $"WRONG    {problem}").Concat(words))
            {
                CommandContext.Say(line);
            }
        });
        return result.Problems.Count == 0 ? 0 : 1;
    }
}
