namespace Posthorn.Standards.Spf;

/// <summary>The seven results of check_host() (RFC 7208 §2.6).</summary>
public enum SpfResult
{
    /// <summary>No record, or nothing that could be asked.</summary>
    None,
    Neutral,
    Pass,
    Fail,
    SoftFail,

    /// <summary>The DNS did not answer.</summary>
    TempError,

    /// <summary>The record cannot be read, or asks for more look-ups than the limits allow.</summary>
    PermError,
}
