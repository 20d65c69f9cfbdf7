namespace Posthorn.Core.Accounts;

/// <summary>A person's account.</summary>
/// <param name="Address">Canonical full address: also the user name.</param>
/// <param name="QuotaBytes">Octets of mail allowed; null: no limit.</param>
/// <param name="CredentialVersion">Rises with every change of the password: what was verified before counts no more.</param>
public sealed record Account(
    AccountId Id,
    string Address,
    string? Name,
    bool IsDisabled,
    bool IsAdministrator,
    long? QuotaBytes,
    long UsedBytes,
    long MessageCount,
    ModSeq ModSeq,
    ModSeq OldestModSeq,
    long CredentialVersion,
    DateTimeOffset Created)
{
    /// <summary>Messages allowed; null: no limit.</summary>
    public long? QuotaMessages { get; init; }

    /// <summary>Octets that all accounts of the domain may hold together; null: no limit, or the account is one of a list.</summary>
    public long? DomainQuotaBytes { get; init; }

    /// <summary>Octets that they hold; counted where the domain has a quota.</summary>
    public long DomainUsedBytes { get; init; }

    /// <summary>Made by an administrator for many: its mailboxes are below Shared to those who may see them.</summary>
    public bool IsShared { get; init; }

    /// <summary>What is done by itself with mail that comes.</summary>
    public AutomaticMail Automatic { get; init; }

    public bool HasQuota => QuotaBytes is not null || QuotaMessages is not null;

    public bool IsOverQuota => UsedBytes >= QuotaBytes || MessageCount >= QuotaMessages || DomainUsedBytes >= DomainQuotaBytes;

    /// <summary>Why so much more mail has no room here; null: it has. Of what takes no more, over the quota or not, nothing is refused.</summary>
    public Refusal? ObjectTo(long bytes, long messages) =>
        bytes > 0 && UsedBytes + bytes > QuotaBytes ? new Refusal.OverQuota(QuotaBytes.Value)
        : bytes > 0 && DomainUsedBytes + bytes > DomainQuotaBytes ? new Refusal.OverQuota(DomainQuotaBytes.Value) { IsOfDomain = true }
        : messages > 0 && MessageCount + messages > QuotaMessages ? new Refusal.OverMessageQuota(QuotaMessages.Value)
        : null;
}

/// <summary>A mail domain of this store.</summary>
public sealed record Domain(string Name, DateTimeOffset Created, IReadOnlyList<DomainKey> Keys)
{
    /// <summary>Octets that all its accounts may hold together; null: no limit.</summary>
    public long? QuotaBytes { get; init; }

    /// <summary>Octets that they hold; counted where there is a quota.</summary>
    public long UsedBytes { get; init; }
}

/// <summary>A DKIM key of a domain.</summary>
/// <param name="PrivateKeyPem">PKCS #8; a secret: never logged, never listed.</param>
public sealed record DomainKey(string Selector, string Algorithm, string PrivateKeyPem)
{
    public override string ToString() => $"{Selector} ({Algorithm})";
}

/// <summary>Another address for one or more targets. An empty local part (<c>@example.org</c>) catches all of the domain.</summary>
public sealed record Alias(string Address, IReadOnlyList<string> Targets);
