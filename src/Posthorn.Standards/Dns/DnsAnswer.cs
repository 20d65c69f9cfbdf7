namespace Posthorn.Standards.Dns;

/// <summary>How a question to the DNS ended.</summary>
public enum DnsStatus
{
    /// <summary>At least one record.</summary>
    Ok,

    /// <summary>The name does not exist (NXDOMAIN).</summary>
    NotFound,

    /// <summary>The name exists and has no record of this type.</summary>
    NoData,

    /// <summary>No answer in time, SERVFAIL, or an answer that cannot be used: ask again later.</summary>
    TemporaryFailure,
}

/// <summary>The answer to one question: records exactly when the status is <see cref="DnsStatus.Ok"/>.</summary>
public sealed record DnsAnswer<T>
{
    private DnsAnswer(DnsStatus status, IReadOnlyList<T> records, bool authentic)
    {
        Status = status;
        Records = records;
        Authentic = authentic;
    }

    public DnsStatus Status { get; }

    public IReadOnlyList<T> Records { get; }

    /// <summary>A validating resolver that we trust vouches for the answer (RFC 4035 §3.2.3, the AD bit).</summary>
    public bool Authentic { get; }

    /// <summary>The name or the type does not exist: a definite "no".</summary>
    public bool IsVoid => Status is DnsStatus.NotFound or DnsStatus.NoData;

    public static DnsAnswer<T> Found(IReadOnlyList<T> records, bool authentic) =>
        records.Count == 0 ? None(DnsStatus.NoData, authentic) : new(DnsStatus.Ok, records, authentic);

    /// <param name="status">Anything but <see cref="DnsStatus.Ok"/>.</param>
    /// <param name="authentic">The absence itself is vouched for.</param>
    public static DnsAnswer<T> None(DnsStatus status, bool authentic = false) =>
        status is DnsStatus.Ok
            ? throw new ArgumentOutOfRangeException(nameof(status), "An answer without records has another status.")
            : new(status, [], authentic);
}
