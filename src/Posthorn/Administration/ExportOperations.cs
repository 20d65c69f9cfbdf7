using Posthorn.Administration.Export;
using Posthorn.Core;
using Posthorn.Core.Accounts;

namespace Posthorn.Administration;

/// <param name="Path">A full path: the process that has the store writes it.</param>
/// <param name="Mailbox">Only this one; null: all of the account.</param>
/// <param name="Restart">What an earlier run left beside the target is taken away instead of gone on with.</param>
internal sealed record ExportRequest(string Path, string Account, string? Mailbox = null, bool Restart = false);

/// <param name="Missing">Messages whose octets could not be read: <c>check</c> says more.</param>
/// <param name="LostFlags">Keywords for which the format has no room, with their mailbox.</param>
/// <param name="Renamed">Mailboxes whose names files cannot have.</param>
/// <param name="Before">Messages among the exported that an earlier run, which was stopped, had written; null: there was none.</param>
internal sealed record ExportReport(
    string Path, long Exported, long Missing, IReadOnlyList<string> Mailboxes, IReadOnlyList<string> LostFlags, IReadOnlyList<RenamedMailbox> Renamed, long? Before);

/// <param name="Name">What it is called in the export.</param>
internal sealed record RenamedMailbox(string Mailbox, string Name);

/// <summary><c>export mbox|maildir</c>.</summary>
internal static class ExportOperations
{
    public static readonly Operation<ExportRequest, ExportReport> Mbox = new("export.mbox", static (context, request, cancel) =>
        RunAsync(context, request, "mbox", (path, _) => new MboxTarget(path, single: request.Mailbox is not null), cancel))
    { LeavesStoreAsItIs = true };

    public static readonly Operation<ExportRequest, ExportReport> Maildir = new("export.maildir", static (context, request, cancel) =>
        RunAsync(context, request, "maildir", (path, mark) => new MaildirTarget(path, mark, context.Services.GetRequiredService<TimeProvider>()), cancel))
    { LeavesStoreAsItIs = true };

    public static readonly Operation[] All = [Mbox, Maildir];

    private static async ValueTask<Result<ExportReport>> RunAsync(
        OperationContext context, ExportRequest request, string format, Func<string, ExportMark?, IExportTarget> open, CancellationToken cancel)
    {
        Result<Account> account = await context.Services.GetRequiredService<Accounts>().GetAsync(context.Actor, request.Account, cancel);
        return account.TryGet(out Account? owner, out Refusal? refusal)
            ? await new ExportRun(context, owner.Id, request).RunAsync(format, open, cancel)
            : refusal;
    }
}
