using Posthorn.Core.Access;
using Posthorn.Core.Storage;
using Posthorn.Standards.Smtp;

namespace Posthorn.Core.Accounts;

/// <summary>Other addresses for accounts, lists of targets, catch-alls (<c>@example.org</c>).</summary>
public sealed class Aliases
{
    /// <summary>Targets of one alias.</summary>
    public const int MaxTargets = 1_000;

    private static readonly AccountId[] StoreRows = [AccountId.Store];

    private readonly IStore _store;

    internal Aliases(IStore store) => _store = store;

    public async ValueTask<Result<Alias>> AddAsync(Actor actor, string address, IReadOnlyList<string> targets, CancellationToken cancel)
    {
        if (Rights.Check(actor, AccountId.Store, Right.Administer) is { } refusal)
        {
            return refusal;
        }

        if (AliasAddress(address) is not { } folded)
        {
            return new Refusal.Invalid($"\"{address}\" is not an address. Write local@domain, or @domain for all of a domain.");
        }

        string[] wanted = [.. targets.Select(Fold).OfType<string>()];
        if (targets.Count is 0 or > MaxTargets || wanted.Length < targets.Count)
        {
            return new Refusal.Invalid($"An alias needs 1 to {MaxTargets} full addresses as targets.");
        }

        var alias = new Alias(folded, wanted);
        return await _store.WriteAsync<Result<Alias>>(
            StoreRows,
            async session =>
            {
                string domain = folded[(folded.IndexOf('@') + 1)..];
                if ((await session.Directory.DomainsAsync()).All(known => known.Name != domain))
                {
                    return new Refusal.NotFound($"domain {domain}; add it with: posthorn domain add {domain}");
                }

                if (await session.Directory.AliasAsync(folded) is not null || await session.Directory.AccountAsync(folded) is not null)
                {
                    return new Refusal.AlreadyExists(folded);
                }

                await session.Directory.InsertAliasAsync(alias);
                return alias;
            },
            cancel);
    }

    public async ValueTask<Result<IReadOnlyList<Alias>>> ListAsync(Actor actor, CancellationToken cancel)
    {
        if (Rights.Check(actor, AccountId.Store, Right.Administer) is { } refusal)
        {
            return refusal;
        }

        return new Result<IReadOnlyList<Alias>>(await _store.ReadAsync(AccountId.Store, session => session.Directory.AliasesAsync(), cancel));
    }

    public async ValueTask<Result<Done>> RemoveAsync(Actor actor, string address, CancellationToken cancel)
    {
        if (Rights.Check(actor, AccountId.Store, Right.Administer) is { } refusal)
        {
            return refusal;
        }

        string folded = AliasAddress(address) ?? address;
        bool wasThere = await _store.WriteAsync(StoreRows, session => session.Directory.DeleteAliasAsync(folded), cancel);
        return wasThere ? Done.Value : new Refusal.NotFound($"alias {address}");
    }

    // A catch-all is kept with an empty local part.
    private static string? AliasAddress(string address) =>
        address.StartsWith('@') ? Fold("x" + address)?[1..] : Fold(address);

    private static string? Fold(string address) => EmailAddress.TryParse(address, out EmailAddress? parsed) ? parsed.Canonical : null;
}
