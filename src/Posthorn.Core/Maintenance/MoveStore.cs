using Npgsql;
using Posthorn.Core.Access;
using Posthorn.Core.Bodies;
using Posthorn.Core.Bodies.S3;
using Posthorn.Core.Storage;
using Posthorn.Core.Storage.Copying;
using Posthorn.Core.Storage.Postgres;
using Posthorn.Core.Storage.Sqlite;

namespace Posthorn.Core.Maintenance;

/// <summary>What a run of <see cref="MoveStore"/> did.</summary>
/// <param name="Rows">Rows that the target has.</param>
/// <param name="RowsWritten">Rows that were added, changed or removed by this run.</param>
/// <param name="Bodies">Bodies that this run copied.</param>
/// <param name="Damaged">What the source itself has lost.</param>
public sealed record MoveReport(long Accounts, long Messages, long Rows, long RowsWritten, long Bodies, long BodyBytes, IReadOnlyList<string> Damaged);

/// <summary>
/// Copies this store into another one while it is in use: epoch, UIDs, modseqs, UIDVALIDITYs, POP3 ids and the change log stay what they are, so no client notices. Run again, it
/// copies what changed since; the last run is made with the server stopped.
/// </summary>
public sealed class MoveStore
{
    private readonly IStore _store;
    private readonly IStoreMaintenance _maintenance;
    private readonly IBlobStore _blobs;
    private readonly StoreOptions _options;
    private readonly TimeProvider _time;

    internal MoveStore(IStore store, IStoreMaintenance maintenance, IBlobStore blobs, StoreOptions options, TimeProvider time) =>
        (_store, _maintenance, _blobs, _options, _time) = (store, maintenance, blobs, options, time);

    /// <exception cref="StoreOpeningException">The target cannot be used or holds something else.</exception>
    /// <exception cref="StoreUnavailableException">A database was lost on the way; run it again.</exception>
    public async ValueTask<Result<MoveReport>> RunAsync(Actor actor, StoreOptions to, IProgress<WorkStep> progress, CancellationToken cancel)
    {
        if (Rights.Check(actor, AccountId.Store, Right.Administer) is { } refusal)
        {
            return refusal;
        }

        if (Path.GetFullPath(to.DataFolder) == Path.GetFullPath(_options.DataFolder))
        {
            return new Refusal.Invalid("The target is this store itself. Name another place.");
        }

        await using BodyHold hold = await BodyHold.TakeAsync(_store, _time, cancel);
        try
        {
            using IRowSource source = await _maintenance.ReadRowsAsync(cancel);
            string epoch = source.Setting(StoreMark.Epoch) ?? "";
            await using StoreTarget target = await StoreTarget.OpenAsync(to, new BucketOwner(epoch, epoch), _time, cancel);
            return await Task.Run(async () => await CopyAsync(source, _blobs, target, epoch, progress, cancel), cancel);
        }
        catch (Exception failure) when (failure is NpgsqlException or SqliteFault)
        {
            throw failure is NpgsqlException fault ? PostgresFault.ToUnavailable(fault) : ((SqliteFault)failure).ToUnavailable();
        }
    }

    /// <summary>Makes an open target the whole copy of a source.</summary>
    internal static async ValueTask<MoveReport> CopyAsync(
        IRowSource source, IBlobStore blobs, StoreTarget target, string of, IProgress<WorkStep> progress, CancellationToken cancel)
    {
        IReadOnlyList<CopiedRows> rows = new RowCopy(source, target.Rows, progress).Run(cancel);
        CopiedBodies small = new BodyCopy(source, blobs, target.Blobs, progress).CopyInline(target.Rows, cancel);
        CopiedBodies large = await new BodyCopy(source, blobs, target.Blobs, progress).CopyExternalAsync(cancel);
        target.Complete(of);
        long Of(string table) => rows.Where(copied => copied.Table == table).Sum(static copied => copied.Rows);
        return new MoveReport(
            Of("account"), Of("mailbox_message"), rows.Sum(static copied => copied.Rows), rows.Sum(static copied => copied.Added + copied.Changed + copied.Removed),
            small.Copied + large.Copied, small.Bytes + large.Bytes, [.. small.Damaged, .. large.Damaged]);
    }
}
