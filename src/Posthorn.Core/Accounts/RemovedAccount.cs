namespace Posthorn.Core.Accounts;

/// <summary>An account that was removed and can be brought back.</summary>
public sealed record RemovedAccount(AccountId Id, string Address, DateTimeOffset Removed, long UsedBytes, long MessageCount);
