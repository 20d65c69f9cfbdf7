using System.Security.Cryptography;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies;
using Posthorn.Core.Search.Index;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Maintenance;

/// <summary>Verifies the store while it is in use and says what is wrong with it.</summary>
public sealed class StoreCheck
{
    private const int PageSize = 200;

    private readonly IStore _store;
    private readonly IStoreMaintenance _maintenance;
    private readonly IBlobStore _blobs;
    private readonly SearchIndex _index;

    internal StoreCheck(IStore store, IStoreMaintenance maintenance, IBlobStore blobs, SearchIndex index) =>
        (_store, _maintenance, _blobs, _index) = (store, maintenance, blobs, index);

    /// <summary>Checks pages, counters, references, and that every body is there with the octets it was stored with. Empty: all is well.</summary>
    /// <param name="repair">Put right what can be: counters and references.</param>
    /// <param name="progress">Bodies verified so far.</param>
    public async ValueTask<Result<IReadOnlyList<StoreFinding>>> RunAsync(Actor actor, bool repair, IProgress<long> progress, CancellationToken cancel)
    {
        if (Rights.Check(actor, AccountId.Store, Right.Administer) is { } refusal)
        {
            return refusal;
        }

        var findings = new List<StoreFinding>();
        findings.AddRange((await _maintenance.IntegrityAsync(cancel)).Select(problem => new StoreFinding("integrity", problem, false)));
        findings.AddRange(await _maintenance.CountersAsync(repair, cancel));
        await CheckBodiesAsync(findings, progress, cancel);
        await CheckIndexesAsync(findings, repair, cancel);
        return findings;
    }

    /// <summary>An index is never repaired, but dropped: the server makes it anew.</summary>
    private async ValueTask CheckIndexesAsync(List<StoreFinding> findings, bool repair, CancellationToken cancel)
    {
        foreach (Account account in await _store.ReadAsync(AccountId.Store, static session => session.Directory.AccountsAsync(), cancel))
        {
            if (await _index.ProblemAsync(account.Id, cancel) is not { } problem)
            {
                continue;
            }

            findings.Add(new StoreFinding("search", $"the search index of {account.Address} {problem}", repair));
            if (repair)
            {
                await _index.DropAsync(account.Id, problem, cancel);
            }
        }
    }

    private async ValueTask CheckBodiesAsync(List<StoreFinding> findings, IProgress<long> progress, CancellationToken cancel)
    {
        BodyId? after = null;
        long checkedBodies = 0;
        while (true)
        {
            BodyId? from = after;
            IReadOnlyList<StoredBody> page = await _store.ReadAsync(AccountId.Store, session => session.Bodies.AllAsync(from, PageSize), cancel);
            foreach (StoredBody body in page)
            {
                if (await ProblemAsync(body, cancel) is { } problem)
                {
                    findings.Add(new StoreFinding("body", $"body {body.Id} {problem}: restore it from a backup", false));
                }

                progress.Report(++checkedBodies);
                after = body.Id;
            }

            if (page.Count < PageSize)
            {
                return;
            }
        }
    }

    private async ValueTask<string?> ProblemAsync(StoredBody body, CancellationToken cancel)
    {
        try
        {
            if (body.Inline is { } kept)
            {
                return Damage(SHA256.HashData(body.Codec == BodyCodec.Zstd ? BodyCompression.Decompress(kept, (int)body.SizeBytes) : kept), body);
            }

            await using Stream? octets = await _blobs.OpenOriginalAsync(body, cancel);
            return octets is null ? "is missing" : Damage(await SHA256.HashDataAsync(octets, cancel), body);
        }
        catch (StoreUnavailableException failure) when (failure.IsDamaged)
        {
            return "is damaged";
        }
        catch (InvalidDataException)
        {
            return "is damaged";
        }
    }

    private static string? Damage(byte[] hash, StoredBody body) => hash.AsSpan().SequenceEqual(body.Hash) ? null : "is damaged";
}
