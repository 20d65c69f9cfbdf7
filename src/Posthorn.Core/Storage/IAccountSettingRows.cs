namespace Posthorn.Core.Storage;

/// <summary>What an account's owner chose, by key.</summary>
public interface IReadAccountSettings
{
    ValueTask<string?> GetAsync(AccountId account, string key);

    /// <summary>Those whose key begins so, by key.</summary>
    ValueTask<IReadOnlyList<KeyValuePair<string, string>>> ListAsync(AccountId account, string prefix);

    ValueTask<int> CountAsync(AccountId account);
}

public interface IWriteAccountSettings : IReadAccountSettings
{
    /// <param name="value">Null: it goes.</param>
    ValueTask SetAsync(AccountId account, string key, string? value);
}
