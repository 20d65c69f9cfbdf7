using Posthorn.Configuration;
using Posthorn.Core;
using Posthorn.Core.Maintenance;
using Posthorn.Core.Storage;
using Posthorn.Hosting;

namespace Posthorn.Administration;

/// <summary>Where a store is to be copied to.</summary>
/// <param name="DataFolder">A full path: of the embedded store, or with a database the data folder of its node.</param>
/// <param name="Store">Connection string; empty: the embedded store.</param>
internal sealed record MoveRequest(string DataFolder, string Store, BodiesOptions Bodies)
{
    /// <summary>Without values: some are secrets.</summary>
    public override string ToString() => "store.move";
}

/// <param name="RowsWritten">Rows that this run added, changed or removed.</param>
/// <param name="Bodies">Messages whose octets this run copied.</param>
/// <param name="Damaged">What the source itself has lost.</param>
internal sealed record MoveResult(
    long Accounts, long Messages, long Rows, long RowsWritten, long Bodies, long BodyBytes, IReadOnlyList<string> Damaged, double Seconds);

/// <summary><c>move-store</c></summary>
internal static class MoveOperations
{
    public static readonly Operation<MoveRequest, MoveResult> Move = new("store.move", static async (context, request, cancel) =>
    {
        TimeProvider time = context.Services.GetRequiredService<TimeProvider>();
        long started = time.GetTimestamp();
        var options = new PosthornOptions { DataFolder = request.DataFolder, Store = request.Store, Bodies = request.Bodies };
        try
        {
            Result<MoveReport> report = await context.Services.GetRequiredService<MoveStore>().RunAsync(
                context.Actor, StoreHost.CoreOptions(options), new StepProgress(context.Progress), cancel);
            return report.Map(moved => new MoveResult(
                moved.Accounts, moved.Messages, moved.Rows, moved.RowsWritten, moved.Bodies, moved.BodyBytes, moved.Damaged, time.GetElapsedTime(started).TotalSeconds));
        }
        catch (StoreOpeningException refused)
        {
            return new Refusal.Invalid(refused.Message);
        }
    })
    { LeavesStoreAsItIs = true };

    public static readonly Operation[] All = [Move];
}
