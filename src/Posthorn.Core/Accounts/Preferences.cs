using Posthorn.Core.Access;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Accounts;

/// <summary>
/// What an account's owner chose: language, signatures, whether pictures are loaded. Each is a value of JSON under a key such as <c>mail.signature</c>; whoever owns
/// the key knows its form. What is not there is as the program has it.
/// </summary>
public sealed class Preferences
{
    /// <summary>Characters of a key.</summary>
    public const int MaxKey = 400;

    /// <summary>Characters of a value.</summary>
    public const int MaxValue = 64 * 1024;

    /// <summary>Values of an account.</summary>
    public const int MaxValues = 2_000;

    private readonly IStore _store;

    internal Preferences(IStore store) => _store = store;

    /// <summary>Null: nothing was chosen.</summary>
    public async ValueTask<Result<string?>> GetAsync(Actor actor, AccountId account, string key, CancellationToken cancel)
    {
        if (Rights.Check(actor, account, Right.Read) is { } refusal)
        {
            return refusal;
        }

        return await _store.ReadAsync(account, session => session.Settings.GetAsync(account, key), cancel);
    }

    /// <summary>All values whose key begins so.</summary>
    public async ValueTask<Result<IReadOnlyList<KeyValuePair<string, string>>>> ListAsync(Actor actor, AccountId account, string prefix, CancellationToken cancel)
    {
        if (Rights.Check(actor, account, Right.Read) is { } refusal)
        {
            return refusal;
        }

        return new Result<IReadOnlyList<KeyValuePair<string, string>>>(await _store.ReadAsync(account, session => session.Settings.ListAsync(account, prefix), cancel));
    }

    /// <param name="actor">Who.</param>
    /// <param name="account">Whose.</param>
    /// <param name="key">Which.</param>
    /// <param name="value">Null: back to what the program has.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async ValueTask<Result<Done>> SetAsync(Actor actor, AccountId account, string key, string? value, CancellationToken cancel)
    {
        if (Rights.Check(actor, account, Right.Write) is { } refusal)
        {
            return refusal;
        }

        if (key.Length is 0 or > MaxKey)
        {
            return new Refusal.Limit("characters of a setting's name", MaxKey);
        }

        if (value?.Length > MaxValue)
        {
            return new Refusal.Limit("characters of a setting", MaxValue);
        }

        return await _store.WriteAsync<Result<Done>>(
            new[] { account },
            async session =>
            {
                if (value is not null && await session.Settings.GetAsync(account, key) is null && await session.Settings.CountAsync(account) >= MaxValues)
                {
                    return new Refusal.Limit("settings of an account", MaxValues);
                }

                await session.Settings.SetAsync(account, key, value);
                return Done.Value;
            },
            cancel);
    }
}
