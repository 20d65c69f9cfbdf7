using Posthorn.Core.Maintenance;
using Posthorn.Core.Storage;

namespace Posthorn.Administration;

/// <param name="Repair">Put right what can be.</param>
internal sealed record CheckRequest(bool Repair = false);

/// <param name="What">Short kind: integrity, counters, quota, references, body, search.</param>
internal sealed record CheckFinding(string What, string Text, bool Repaired);

internal sealed record CheckReport(IReadOnlyList<CheckFinding> Findings)
{
    /// <summary>Something is wrong and stays wrong.</summary>
    public int Unrepaired => Findings.Count(finding => !finding.Repaired);
}

/// <param name="Folder">A full path: the process that has the store writes it.</param>
internal sealed record BackupRequest(string Folder);

/// <param name="RowsWritten">Rows that differed from the backup before.</param>
/// <param name="BodiesCopied">Large messages that were not there yet.</param>
/// <param name="Damaged">What the store itself has lost.</param>
internal sealed record BackupResult(
    string Folder, DateTimeOffset Taken, long Bodies, long BodyBytes, long RowsWritten, long BodiesCopied, IReadOnlyList<string> Damaged);

/// <summary><c>check</c> and <c>backup</c>; restore needs a store that nobody has open, and is no operation.</summary>
internal static class MaintenanceOperations
{
    public static readonly Operation<CheckRequest, CheckReport> Check = new("check", static async (context, request, cancel) =>
        (await context.Services.GetRequiredService<StoreCheck>().RunAsync(
            context.Actor, request.Repair, new CountedProgress(context.Progress, "Large messages verified"), cancel)).Map(Report))
    { LeavesStoreAsItIs = true };

    public static readonly Operation<BackupRequest, BackupResult> Backup = new("backup", static async (context, request, cancel) =>
        (await context.Services.GetRequiredService<Backup>().RunAsync(context.Actor, request.Folder, new StepProgress(context.Progress), cancel))
            .Map(report => new BackupResult(
                request.Folder, report.Manifest.Taken, report.Manifest.Bodies, report.Manifest.BodyBytes, report.RowsWritten, report.BodiesCopied, report.Damaged)))
    { LeavesStoreAsItIs = true };

    public static readonly Operation[] All = [Check, Backup];

    private static CheckReport Report(IReadOnlyList<StoreFinding> findings) =>
        new([.. findings.Select(finding => new CheckFinding(finding.What, finding.Text, finding.IsRepaired))]);
}
