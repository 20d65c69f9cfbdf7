namespace Posthorn.Core.Bodies.S3;

/// <summary>A bucket for large bodies, at Amazon or at any server that speaks its protocol.</summary>
public sealed record S3Options
{
    public required string Bucket { get; init; }

    /// <summary>Address of the server, such as <c>https://s3.example.org</c>; empty: Amazon's, by <see cref="Region"/>.</summary>
    public string Endpoint { get; init; } = "";

    public string Region { get; init; } = "us-east-1";

    /// <summary>Names of objects begin so; several stores can share a bucket, each with a prefix of its own.</summary>
    public string Prefix { get; init; } = "bodies/";

    /// <summary>Empty: the credentials that the machine has (environment, profile, role).</summary>
    public string AccessKey { get; init; } = "";

    /// <summary>A secret: never logged.</summary>
    public string SecretKey { get; init; } = "";

    /// <summary>Octets of bodies kept on the local disk after use.</summary>
    public long CacheBytes { get; init; } = 1L << 30;

    /// <summary>One try of a request; a body has at most <see cref="StoreOptions.MaxMessageBytes"/>.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    public override string ToString() => $"bucket {Bucket} at {(Endpoint.Length > 0 ? Endpoint : Region)}";
}
