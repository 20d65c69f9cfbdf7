using Posthorn.Administration.Import;
using Posthorn.Core;
using Posthorn.Core.Accounts;

namespace Posthorn.Administration;

/// <param name="Path">A full path: the process that has the store reads it.</param>
/// <param name="Mailbox">mbox: where the messages go, null: the file's name. Maildir: where the tree goes, null: the top.</param>
/// <param name="Restart">Begin anew, though an earlier run came part of the way or to the end.</param>
internal sealed record ImportRequest(string Path, string Account, string? Mailbox = null, bool Restart = false);

/// <param name="Place">Where it stands in what is imported: an octet of the file, a file, a folder.</param>
/// <param name="Imported">It is in the mailbox all the same.</param>
internal sealed record ImportProblem(string Place, string Reason, bool Imported);

/// <param name="Imported">Messages of this run, broken ones included.</param>
/// <param name="Broken">Imported as they are, but something is wrong with them.</param>
/// <param name="NotImported">Left out: over the size limit, or not to be read.</param>
/// <param name="Resumed">An earlier run had come part of the way, or to the end.</param>
/// <param name="Problems">The first <see cref="ImportRun.ProblemsListed"/>.</param>
internal sealed record ImportReport(long Imported, long Broken, long NotImported, bool Resumed, IReadOnlyList<string> Mailboxes, IReadOnlyList<ImportProblem> Problems);

/// <summary><c>import mbox|maildir</c>.</summary>
internal static class ImportOperations
{
    public static readonly Operation<ImportRequest, ImportReport> Mbox = new("import.mbox", static (context, request, cancel) =>
        RunAsync(context, request, static (run, asked, stop) => new MboxImport(run, asked).RunAsync(stop), cancel));

    public static readonly Operation<ImportRequest, ImportReport> Maildir = new("import.maildir", static (context, request, cancel) =>
        RunAsync(context, request, static (run, asked, stop) => new MaildirImport(run, asked).RunAsync(stop), cancel));

    public static readonly Operation[] All = [Mbox, Maildir];

    private static async ValueTask<Result<ImportReport>> RunAsync(
        OperationContext context, ImportRequest request, Func<ImportRun, ImportRequest, CancellationToken, ValueTask<Refusal?>> import, CancellationToken cancel)
    {
        Result<Account> account = await context.Services.GetRequiredService<Accounts>().GetAsync(context.Actor, request.Account, cancel);
        if (!account.TryGet(out Account? owner, out Refusal? refusal))
        {
            return refusal;
        }

        await using var run = new ImportRun(context, owner.Id, request.Restart);
        refusal = await import(run, request, cancel);
        return refusal is null ? run.Report() : new Refusal.Invalid(Stopped(refusal, run.Imported));
    }

    private static string Stopped(Refusal refusal, long imported) => imported == 0
        ? refusal.Text
        : FormattableString.Invariant($"{refusal.Text} {imported} messages are imported; the same command goes on behind them.");
}
