using System.Net;
using System.Net.Sockets;

namespace Posthorn.Configuration;

/// <summary>The configuration file, key by key. A property here is a key there (in camelCase); docs/configuration.md says what each does.</summary>
public sealed record PosthornOptions
{
    /// <summary>Folder of store, bodies, certificates and control socket.</summary>
    public string DataFolder { get; init; } = "data";

    /// <summary>
    /// Connection string of a PostgreSQL database, such as <c>Host=db.example.org;Database=posthorn;Username=posthorn;Password=...</c>; empty: the embedded store in
    /// the data folder. It may hold a password: set it by POSTHORN_STORE where the file is not private.
    /// </summary>
    public string Store { get; init; } = "";

    public BodiesOptions Bodies { get; init; } = new();

    /// <summary>The name by which this host greets and is greeted: its certificate carries it, and its address points back to it.</summary>
    public string HostName { get; init; } = "localhost";

    public ListenerSet Listeners { get; init; } = new();

    public TlsOptions Tls { get; init; } = new();

    public LimitOptions Limits { get; init; } = new();

    public UndeleteOptions Undelete { get; init; } = new();

    public SearchOptions Search { get; init; } = new();

    public SignInOptions SignIn { get; init; } = new();

    public DnsOptions Dns { get; init; } = new();

    public OutboundOptions Outbound { get; init; } = new();

    public TelemetryOptions Telemetry { get; init; } = new();

    /// <summary>Without values: some are secrets.</summary>
    public override string ToString() => $"configuration of {HostName}";
}

/// <summary>Searching in mail.</summary>
public sealed record SearchOptions
{
    /// <summary>Keep an index of all words: a search takes milliseconds instead of seconds. The answers are the same without.</summary>
    public bool Index { get; init; } = true;
}

/// <summary>Where bodies of large messages are kept: files in the data folder, or objects in a bucket (Amazon S3 or a compatible server), which several nodes share.</summary>
public sealed record BodiesOptions
{
    /// <summary>Name of the bucket; empty: files.</summary>
    public string Bucket { get; init; } = "";

    /// <summary>Address of the server, such as <c>https://s3.example.org</c>; empty: Amazon's in <see cref="Region"/>.</summary>
    public string Endpoint { get; init; } = "";

    public string Region { get; init; } = "us-east-1";

    /// <summary>Names of objects begin so.</summary>
    public string Prefix { get; init; } = "bodies/";

    /// <summary>Empty: the credentials that the machine has (environment, profile, role).</summary>
    public string AccessKey { get; init; } = "";

    /// <summary>Set it by POSTHORN_BODIES__SECRETKEY where the file is not private.</summary>
    public string SecretKey { get; init; } = "";

    /// <summary>Octets of bodies kept on the local disk after use.</summary>
    public long CacheBytes { get; init; } = 1L << 30;

    /// <summary>How long one try of a request may take before the next one.</summary>
    public int TimeoutSeconds { get; init; } = 30;

    /// <summary>Without values: some are secrets.</summary>
    public override string ToString() => Bucket;
}

/// <summary>What listens where; a listener that is not named does not listen.</summary>
public sealed record ListenerSet
{
    public ListenerOptions? Smtp { get; init; }

    public ListenerOptions? Submission { get; init; }

    public ListenerOptions? Submissions { get; init; }

    public ListenerOptions? Imap { get; init; }

    public ListenerOptions? Imaps { get; init; }

    public ListenerOptions? Pop3 { get; init; }

    public ListenerOptions? Pop3s { get; init; }

    public ListenerOptions? Web { get; init; }

    /// <summary>Plain HTTP for health checks and Prometheus; loopback unless you know better.</summary>
    public ListenerOptions? Metrics { get; init; }
}

public sealed record ListenerOptions
{
    /// <summary>An IP address, or <c>*</c> for all of IPv4 and IPv6.</summary>
    public string Address { get; init; } = "*";

    public int Port { get; init; }

    /// <summary>Null when the address is not one. All of IPv4 and IPv6 is a socket of IPv6, where the machine has it.</summary>
    public IPEndPoint? EndPoint => (Address == "*" ? Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any : IPAddress.TryParse(Address, out IPAddress? address) ? address : null) is { } ip
        ? new IPEndPoint(ip, Port)
        : null;
}

public sealed record TlsOptions
{
    /// <summary>PEM file with the certificate and its chain. Empty: Posthorn makes one from an authority of its own.</summary>
    public string Certificate { get; init; } = "";

    /// <summary>PEM file with the private key.</summary>
    public string Key { get; init; } = "";

    /// <summary>PEM file with the authorities whose client certificates sign people in (AUTH=EXTERNAL); empty: clients are not asked for certificates.</summary>
    public string ClientAuthority { get; init; } = "";
}

public sealed record LimitOptions
{
    public long MaxMessageBytes { get; init; } = 50L * 1024 * 1024;

    public int MaxRecipients { get; init; } = 1_000;

    public int MaxConnections { get; init; } = 20_000;

    public int MaxConnectionsPerAddress { get; init; } = 100;
}

public sealed record UndeleteOptions
{
    /// <summary>Days for which removed messages and accounts can be brought back; 0: not at all.</summary>
    public int Days { get; init; } = 14;
}

public sealed record SignInOptions
{
    /// <summary>Networks whose failed sign-ins are not held against them, such as <c>127.0.0.0/8</c>.</summary>
    public IReadOnlyList<string> ExemptNetworks { get; init; } = [];

    /// <summary>Verified passwords are remembered in memory for ten minutes (as keyed hashes), so that frequent sign-ins cost no Argon2 each.</summary>
    public bool CredentialCache { get; init; } = true;
}

public sealed record DnsOptions
{
    /// <summary>Name servers as <c>address</c> or <c>address:port</c>; empty: those of the system.</summary>
    public IReadOnlyList<string> Servers { get; init; } = [];

    /// <summary>A zone file that answers instead of name servers: closed networks, tests.</summary>
    public string ZoneFile { get; init; } = "";
}

public sealed record OutboundOptions
{
    /// <summary>Host that takes all outgoing mail, as <c>host</c> or <c>host:port</c>; empty: each domain's mail exchangers.</summary>
    public string Smarthost { get; init; } = "";

    public string SmarthostUser { get; init; } = "";

    /// <summary>File whose first line is the smarthost's password.</summary>
    public string SmarthostPasswordFile { get; init; } = "";

    /// <summary>PEM file with authorities whose certificates other mail servers may show, beside those that the system trusts; empty: none.</summary>
    public string Authority { get; init; } = "";

    /// <summary>Port of mail exchangers; other than 25 only in closed networks and tests.</summary>
    public int Port { get; init; } = 25;

    public int MaxConnectionsPerDomain { get; init; } = 5;
}

public sealed record TelemetryOptions
{
    /// <summary>Lowest level logged: Trace, Debug, Information, Warning, Error, Critical.</summary>
    public string LogLevel { get; init; } = "Information";

    /// <summary>Lines as JSON rather than text.</summary>
    public bool JsonLogs { get; init; }

    /// <summary>OTLP endpoint for metrics and traces; empty: none.</summary>
    public string OtlpEndpoint { get; init; } = "";
}
