using System.Net;
using System.Net.Sockets;
using DnsClient;
using DnsClient.Protocol;
using Posthorn.Standards.Dns;
using MxRecord = Posthorn.Standards.Dns.MxRecord;
using SrvRecord = Posthorn.Standards.Dns.SrvRecord;

namespace Posthorn.Server.Dns;

/// <summary>Asks name servers over UDP, and over TCP where an answer does not fit.</summary>
/// <remarks>
/// RFC 1034 §5.3.1 (a stub resolver: the servers recurse), RFC 7766 §5 (TCP), RFC 6891 §6.2.5 (EDNS). Whatever goes wrong on the way
/// is <see cref="DnsStatus.TemporaryFailure"/>; only the caller's cancellation throws.
/// </remarks>
public sealed class DnsClientResolver : IDnsResolver
{
    /// <summary>Aliases followed for one question where the server returned only the alias.</summary>
    public const int MaxAliases = 8;

    // RFC 6891 §6.2.5 leaves the size to the requestor; 1232 octets pass every path without fragments.
    private const int UdpPayload = 1232;

    private readonly DnsClientSettings _settings;
    private readonly TimeProvider _time;
    private readonly DnsCache _cache;
    private readonly Lazy<LookupClient?> _client;

    public DnsClientResolver(DnsClientSettings settings, TimeProvider time)
    {
        _settings = settings;
        _time = time;
        _cache = new DnsCache(settings.CacheEntries, time);
        _client = new Lazy<LookupClient?>(Connect);
    }

    public ValueTask<DnsAnswer<MxRecord>> MxAsync(string name, CancellationToken cancel) =>
        AskAsync<MxRecord, DnsClient.Protocol.MxRecord>(
            name, DnsType.Mx, QueryType.MX, record => new MxRecord(record.Preference, Plain(record.Exchange)), cancel);

    public ValueTask<DnsAnswer<IPAddress>> Ipv4Async(string name, CancellationToken cancel) =>
        AskAsync<IPAddress, ARecord>(name, DnsType.A, QueryType.A, record => record.Address, cancel);

    public ValueTask<DnsAnswer<IPAddress>> Ipv6Async(string name, CancellationToken cancel) =>
        AskAsync<IPAddress, AaaaRecord>(name, DnsType.Aaaa, QueryType.AAAA, record => record.Address, cancel);

    public ValueTask<DnsAnswer<string>> TextAsync(string name, CancellationToken cancel) =>
        AskAsync<string, TxtRecord>(name, DnsType.Txt, QueryType.TXT, record => string.Concat(record.Text), cancel);

    public ValueTask<DnsAnswer<SrvRecord>> ServiceAsync(string name, CancellationToken cancel) =>
        AskAsync<SrvRecord, DnsClient.Protocol.SrvRecord>(
            name, DnsType.Srv, QueryType.SRV, record => new SrvRecord(record.Priority, record.Weight, record.Port, Plain(record.Target)), cancel);

    public ValueTask<DnsAnswer<string>> PointerAsync(IPAddress address, CancellationToken cancel) =>
        AskAsync<string, PtrRecord>(DnsName.Reverse(address), DnsType.Ptr, QueryType.PTR, record => Plain(record.PtrDomainName), cancel);

    private LookupClient? Connect()
    {
        try
        {
            LookupClientOptions options = _settings.Servers.Count > 0 ? new([.. _settings.Servers]) : new();
            options.UseCache = false;
            options.ThrowDnsErrors = false;
            options.Timeout = _settings.Timeout;
            options.Retries = _settings.Retries;
            options.UseRandomNameServer = false;
            options.ExtendedDnsBufferSize = UdpPayload;
            options.RequestDnsSecRecords = true;
            return new LookupClient(options);
        }
        catch (InvalidOperationException)
        {
            // The system names no server. Every question is then a temporary failure, until a restart finds one.
            return null;
        }
    }

    private async ValueTask<DnsAnswer<T>> AskAsync<T, TRecord>(
        string name, DnsType type, QueryType query, Func<TRecord, T> read, CancellationToken cancel)
        where TRecord : DnsResourceRecord
    {
        cancel.ThrowIfCancellationRequested();
        if (!DnsName.TryNormalize(name, out string? normal) || normal.Length == 0)
        {
            return DnsAnswer<T>.None(DnsStatus.NotFound);
        }
        if (_cache.Find<T>(type, normal) is { } kept)
        {
            return kept;
        }
        using var limit = new CancellationTokenSource(_settings.TotalTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        try
        {
            (DnsAnswer<T> answer, TimeSpan lifetime) = await FollowAsync(normal, query, read, either.Token);
            _cache.Keep(type, normal, answer, lifetime);
            return answer;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return DnsAnswer<T>.None(DnsStatus.TemporaryFailure);
        }
        catch (DnsResponseException) when (cancel.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancel);
        }
        catch (Exception e) when (IsFailureOfTheWay(e))
        {
            // No server answered, or one answered with octets that are no DNS message.
            return DnsAnswer<T>.None(DnsStatus.TemporaryFailure);
        }
    }

    private async ValueTask<(DnsAnswer<T> Answer, TimeSpan Lifetime)> FollowAsync<T, TRecord>(
        string name, QueryType query, Func<TRecord, T> read, CancellationToken cancel)
        where TRecord : DnsResourceRecord
    {
        bool authentic = true;
        TimeSpan lifetime = _settings.CacheTimeMax;
        for (int aliases = 0; aliases <= MaxAliases && _client.Value is { } client; aliases++)
        {
            IDnsQueryResponse response = await client.QueryAsync(name, query, QueryClass.IN, cancel);
            authentic &= response.Header.IsAuthenticData && IsTrusted(response.NameServer);
            switch (response.Header.ResponseCode)
            {
                case DnsHeaderResponseCode.NotExistentDomain:
                    return (DnsAnswer<T>.None(DnsStatus.NotFound, authentic), _settings.NegativeCacheTime);
                case DnsHeaderResponseCode.NoError:
                    break;
                default:
                    return (DnsAnswer<T>.None(DnsStatus.TemporaryFailure), TimeSpan.Zero);
            }
            foreach (DnsResourceRecord record in response.Answers)
            {
                var ttl = TimeSpan.FromSeconds(Math.Max(0, record.InitialTimeToLive));
                lifetime = ttl < lifetime ? ttl : lifetime;
            }
            if (EndOfAliases(name, response.Answers) is not { } end)
            {
                break;
            }
            T[] records =
            [
                .. response.Answers.OfType<TRecord>().Where(record => Plain(record.DomainName) == end).Select(read),
            ];
            if (records.Length > 0)
            {
                return (DnsAnswer<T>.Found(records, authentic), lifetime);
            }
            if (end == name)
            {
                return (DnsAnswer<T>.None(DnsStatus.NoData, authentic), _settings.NegativeCacheTime);
            }
            name = end;
        }
        return (DnsAnswer<T>.None(DnsStatus.TemporaryFailure), TimeSpan.Zero);
    }

    // Null: a circle. Records of another name that a server slips into its answer do not count (RFC 2181 §5.4.1).
    private static string? EndOfAliases(string name, IReadOnlyList<DnsResourceRecord> answers)
    {
        for (int aliases = 0; aliases < MaxAliases; aliases++)
        {
            CNameRecord? alias = answers.OfType<CNameRecord>().FirstOrDefault(record => Plain(record.DomainName) == name);
            if (alias is null)
            {
                return name;
            }
            name = Plain(alias.CanonicalName);
        }
        return null;
    }

    private bool IsTrusted(NameServer server) =>
        _settings.TrustAuthenticData ?? (IPAddress.TryParse(server.Address, out IPAddress? address) && IPAddress.IsLoopback(address));

    // DnsClient has exceptions of its own that are not public (a reply to another question), and lets those of a garbled reply pass.
    private static bool IsFailureOfTheWay(Exception e) =>
        e.GetType().Assembly == typeof(LookupClient).Assembly
        || e is SocketException or IOException or ArgumentException or InvalidOperationException or IndexOutOfRangeException or FormatException;

    private static string Plain(DnsString name) => DnsName.TryNormalize(name.Value, out string? normal) ? normal : name.Value.ToLowerInvariant();
}
