namespace Posthorn.Core.Security;

/// <summary>A password of one app, as its owner sees it: never its secret.</summary>
/// <param name="Name">What the owner calls it; one of a kind in the account.</param>
/// <param name="Expires">Null: it stays until it is removed.</param>
public sealed record AppPassword(Guid Id, string Name, AppScopes Scopes, DateTimeOffset Created, DateTimeOffset? Expires)
{
    /// <summary>To some minutes; null: never yet.</summary>
    public DateTimeOffset? Used { get; init; }

    public string? UsedProtocol { get; init; }

    public string? UsedAddress { get; init; }

    public bool IsOver(DateTimeOffset now) => Expires <= now;
}

/// <summary>An app password as stored.</summary>
/// <param name="Hash">See <see cref="AppSecret"/>.</param>
/// <param name="Scram">Its SCRAM-SHA-256 keys, with salt and iterations of the account.</param>
public sealed record AppPasswordRow(AppPassword Password, byte[] Hash, string Scram)
{
    public override string ToString() => Password.ToString();
}

/// <summary>An app password that was just made; <paramref name="Secret"/> is shown once and known to nobody afterwards.</summary>
public sealed record NewAppPassword(AppPassword Password, string Secret)
{
    public override string ToString() => Password.ToString();
}
