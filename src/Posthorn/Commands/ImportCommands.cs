using System.CommandLine;
using Posthorn.Administration;

namespace Posthorn.Commands;

/// <summary><c>posthorn import …</c></summary>
internal static class ImportCommands
{
    public static Command Make(CommandContext context)
    {
        var command = new Command("import", "Brings mail in from other programs' files. Stopped at any point, the same command goes on where it was.");
        command.Subcommands.Add(Import(
            context, ImportOperations.Mbox, "mbox", "Imports an mbox file, with its status fields.", "The mailbox; the file's name where it is not given."));
        command.Subcommands.Add(Import(
            context, ImportOperations.Maildir, "maildir", "Imports a Maildir with all its folders, flags and dates.",
            "The mailbox under which the tree goes; at the top, with INBOX as INBOX, where it is not given."));
        return command;
    }

    private static Command Import(
        CommandContext context, Operation<ImportRequest, ImportReport> operation, string format, string description, string mailboxDescription)
    {
        var path = new Argument<string>("path") { Description = "What to import; the server must be able to read it.", HelpName = "PATH" };
        var account = new Option<string>("--account") { Description = "Address of the account.", HelpName = "ADDRESS", Required = true };
        var mailbox = new Option<string?>("--mailbox") { Description = mailboxDescription, HelpName = "NAME" };
        var restart = new Option<bool>("--restart") { Description = "Begin anew; what came in by an earlier run will be there twice." };
        var command = new Command(format, description) { path, account, mailbox, restart };
        command.SetAction((parsed, cancel) => context.RunAsync(
            parsed, operation,
            new ImportRequest(
                Path.TrimEndingDirectorySeparator(Path.GetFullPath(parsed.GetRequiredValue(path))), parsed.GetRequiredValue(account), parsed.GetValue(mailbox), parsed.GetValue(restart)),
            Print, static report => report.NotImported == 0 ? 0 : 1, cancel));
        return command;
    }

    private static void Print(ImportReport report)
    {
        CommandContext.Say(report.Imported == 0 && report.Resumed
            ? "Nothing has come since the last import. Add --restart to import all of it once more."
            : FormattableString.Invariant($"Imported {report.Imported} messages into {string.Join(", ", report.Mailboxes)}{(report.Resumed ? ", behind those of an earlier run" : "")}."));
        if (report.Broken > 0)
        {
            CommandContext.Say(FormattableString.Invariant($"{report.Broken} of them are broken; they are there as they were."));
        }

        if (report.NotImported > 0)
        {
            CommandContext.Say(FormattableString.Invariant($"{report.NotImported} messages were NOT imported."));
        }

        foreach (ImportProblem problem in report.Problems)
        {
            CommandContext.Say($"  {(problem.Imported ? "imported    " : "not imported")} {problem.Place} {problem.Reason}");
        }
    }
}
