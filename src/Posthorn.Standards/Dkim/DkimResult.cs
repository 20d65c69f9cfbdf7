namespace Posthorn.Standards.Dkim;

/// <summary>Results of the "dkim" method (RFC 8601 §2.7.1).</summary>
public enum DkimResult
{
    None,
    Pass,
    Fail,

    /// <summary>Verified, yet not acceptable here: a weak key, or octets of the body left unsigned.</summary>
    Policy,

    /// <summary>The signature cannot be read or asks for what is not known.</summary>
    Neutral,

    /// <summary>The key could not be fetched now.</summary>
    TempError,

    /// <summary>The key does not exist, is revoked, or cannot be used.</summary>
    PermError,
}
