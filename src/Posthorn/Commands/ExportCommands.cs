using System.CommandLine;
using Posthorn.Administration;

namespace Posthorn.Commands;

/// <summary><c>posthorn export …</c></summary>
internal static class ExportCommands
{
    public static Command Make(CommandContext context)
    {
        var command = new Command("export", "Writes the mail of an account into files that other programs read. Nothing is overwritten. Stopped at any point, the same command goes on where it was.");
        command.Subcommands.Add(Export(
            context, ExportOperations.Mbox, "mbox", "Writes mbox files with status fields: one file with --mailbox, else a folder with one for each mailbox."));
        command.Subcommands.Add(Export(context, ExportOperations.Maildir, "maildir", "Writes a Maildir with folders, flags and dates."));
        return command;
    }

    private static Command Export(CommandContext context, Operation<ExportRequest, ExportReport> operation, string format, string description)
    {
        var path = new Argument<string>("path") { Description = "A new file or folder; the server must be able to write it.", HelpName = "PATH" };
        var account = new Option<string>("--account") { Description = "Address of the account.", HelpName = "ADDRESS", Required = true };
        var mailbox = new Option<string?>("--mailbox") { Description = "Only this mailbox.", HelpName = "NAME" };
        var restart = new Option<bool>("--restart") { Description = "Begin anew, not where an export to this place was stopped." };
        var command = new Command(format, description) { path, account, mailbox, restart };
        command.SetAction((parsed, cancel) => context.RunAsync(
            parsed, operation,
            new ExportRequest(
                Path.TrimEndingDirectorySeparator(Path.GetFullPath(parsed.GetRequiredValue(path))), parsed.GetRequiredValue(account), parsed.GetValue(mailbox), parsed.GetValue(restart)),
            Print, static report => report.Missing == 0 ? 0 : 1, cancel));
        return command;
    }

    private static void Print(ExportReport report)
    {
        CommandContext.Say(FormattableString.Invariant($"Exported {report.Exported} messages of {report.Mailboxes.Count} mailboxes to {report.Path}{(report.Before is { } before ? FormattableString.Invariant($"; {before} of them were there from an earlier run") : "")}."));
        if (report.Missing > 0)
        {
            CommandContext.Say(FormattableString.Invariant($"{report.Missing} messages could NOT be read. See what is wrong with: posthorn check"));
        }

        foreach (RenamedMailbox renamed in report.Renamed)
        {
            CommandContext.Say($"  {renamed.Mailbox} is there as {renamed.Name}: a file cannot have its name.");
        }

        foreach (string lost in report.LostFlags)
        {
            CommandContext.Say($"  Without the keyword {lost}: the format has no room for more.");
        }
    }
}
