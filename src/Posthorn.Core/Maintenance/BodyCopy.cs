using System.Security.Cryptography;
using Posthorn.Core.Bodies;
using Posthorn.Core.Storage.Copying;

namespace Posthorn.Core.Maintenance;

/// <summary>What came of copying bodies.</summary>
/// <param name="Copied">Bodies that were not there before.</param>
/// <param name="Damaged">Bodies that the source itself has lost or damaged, in words.</param>
internal sealed record CopiedBodies(long Copied, long Bytes, IReadOnlyList<string> Damaged);

/// <summary>
/// Copies the octets of bodies that a target has rows of. A body never changes, so one that is there is not read again; each one that is copied is compared with its hash on
/// the way, and read back. What the source has lost is named and does not stop the rest.
/// </summary>
internal sealed class BodyCopy(IRowSource source, IBlobStore from, IBlobStore to, IProgress<WorkStep> progress)
{
    /// <summary>Large bodies on their way at a time: a bucket answers late, not slowly.</summary>
    private const int AtOnce = 8;

    private const int BufferBytes = 64 * 1024;

    /// <summary>Small bodies in one step.</summary>
    private const int StepBodies = 200;

    private readonly List<string> _damaged = [];
    private long _copied;
    private long _bytes;

    /// <summary>The octets of small bodies, which lie in the database.</summary>
    public CopiedBodies CopyInline(IRowTarget target, CancellationToken cancel)
    {
        IReadOnlyList<BodyId> missing = target.WithoutOctets();
        foreach (BodyId[] ids in missing.Chunk(StepBodies))
        {
            cancel.ThrowIfCancellationRequested();
            IReadOnlyList<StoredBody> bodies = source.InlineBodies(ids);
            StoredBody[] sound = [.. bodies.Where(static body => IsSound(body))];
            foreach (BodyId lost in ids.Except(sound.Select(static body => body.Id)))
            {
                _damaged.Add($"body {lost} is missing or damaged in the store itself");
            }

            target.SetOctets(sound);
            target.Step();
            if (target.InlineBodies(ids).Count(IsSound) != sound.Length)
            {
                throw new Storage.StoreOpeningException("Messages do not read back as they were written. Run the command again; if it says so again, look at the disk or the database of the target.");
            }

            _copied += sound.Length;
            _bytes += sound.Sum(static body => body.SizeBytes);
            progress.Report(new WorkStep("Small messages copied", _copied, missing.Count));
        }

        return new CopiedBodies(_copied, _bytes, _damaged);
    }

    /// <summary>Bodies that lie outside the database.</summary>
    public async ValueTask<CopiedBodies> CopyExternalAsync(CancellationToken cancel)
    {
        IReadOnlySet<BodyId> present = await to.PresentAsync(cancel);
        StoredBody[] missing = [.. source.ExternalBodies().Where(body => !present.Contains(body.Id))];
        await Parallel.ForEachAsync(missing, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancel }, async (body, cancel) =>
        {
            if (await CopyAsync(body, cancel) is { } problem)
            {
                lock (_damaged)
                {
                    _damaged.Add($"body {body.Id} {problem} in the store itself");
                }

                return;
            }

            Interlocked.Add(ref _bytes, body.SizeBytes);
            progress.Report(new WorkStep("Large messages copied", Interlocked.Increment(ref _copied), missing.Length));
        });
        return new CopiedBodies(_copied, _bytes, _damaged);
    }

    public static bool IsSound(StoredBody body)
    {
        try
        {
            byte[] kept = body.Inline!;
            return SHA256.HashData(body.Codec == BodyCodec.Zstd ? BodyCompression.Decompress(kept, (int)body.SizeBytes) : kept).AsSpan().SequenceEqual(body.Hash);
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    private async ValueTask<string?> CopyAsync(StoredBody body, CancellationToken cancel)
    {
        try
        {
            await using Stream? octets = await from.OpenOriginalAsync(body, cancel);
            if (octets is null)
            {
                return "is missing";
            }

            await using BlobUpload upload = await to.CreateAsync(body.Id, cancel);
            if (!(await WriteAsync(octets, upload, cancel)).AsSpan().SequenceEqual(body.Hash))
            {
                return "is damaged";
            }

            await upload.CompleteAsync(cancel);
        }
        catch (StoreUnavailableException failure) when (failure.IsDamaged)
        {
            return "is damaged";
        }

        await using Stream? written = await to.OpenOriginalAsync(body, cancel);
        return written is not null && (await SHA256.HashDataAsync(written, cancel)).AsSpan().SequenceEqual(body.Hash)
            ? null
            : throw new Storage.StoreOpeningException($"Body {body.Id} does not read back as it was written. Look at the disk or the bucket of the target.");
    }

    private static async ValueTask<byte[]> WriteAsync(Stream octets, BlobUpload upload, CancellationToken cancel)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[BufferBytes];
        int read;
        while ((read = await octets.ReadAsync(buffer, cancel)) > 0)
        {
            hash.AppendData(buffer, 0, read);
            await upload.WriteAsync(buffer.AsMemory(0, read), cancel);
        }

        return hash.GetHashAndReset();
    }
}
