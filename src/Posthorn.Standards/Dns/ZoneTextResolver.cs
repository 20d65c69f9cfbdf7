using System.Net;

namespace Posthorn.Standards.Dns;

/// <summary>Answers from zone text alone: closed networks, the demo, and tests. Never asks a server; what it says is as true as its file, and counts as proved.</summary>
public sealed class ZoneTextResolver(Zone zone) : IDnsResolver
{
    /// <summary>Aliases followed for one question; a longer chain, or a circle, is a temporary failure.</summary>
    public const int MaxAliases = 8;

    /// <exception cref="FormatException">Names the line and what is wrong with it.</exception>
    public static ZoneTextResolver Parse(string text) => new(Zone.Parse(text));

    public ValueTask<DnsAnswer<MxRecord>> MxAsync(string name, CancellationToken cancel) =>
        Answer(name, DnsType.Mx, record => new MxRecord(record.Preference, record.Target), cancel);

    public ValueTask<DnsAnswer<IPAddress>> Ipv4Async(string name, CancellationToken cancel) =>
        Answer(name, DnsType.A, record => record.Address!, cancel);

    public ValueTask<DnsAnswer<IPAddress>> Ipv6Async(string name, CancellationToken cancel) =>
        Answer(name, DnsType.Aaaa, record => record.Address!, cancel);

    public ValueTask<DnsAnswer<string>> TextAsync(string name, CancellationToken cancel) =>
        Answer(name, DnsType.Txt, record => string.Concat(record.Strings!), cancel);

    public ValueTask<DnsAnswer<SrvRecord>> ServiceAsync(string name, CancellationToken cancel) =>
        Answer(name, DnsType.Srv, record => new SrvRecord(record.Preference, record.Weight, record.Port, record.Target), cancel);

    public ValueTask<DnsAnswer<string>> PointerAsync(IPAddress address, CancellationToken cancel) =>
        Answer(DnsName.Reverse(address), DnsType.Ptr, record => record.Target, cancel);

    private ValueTask<DnsAnswer<T>> Answer<T>(string name, DnsType type, Func<ZoneRecord, T> read, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Answer(name, type, read));
    }

    private DnsAnswer<T> Answer<T>(string name, DnsType type, Func<ZoneRecord, T> read)
    {
        if (!DnsName.TryNormalize(name, out string? normal))
        {
            return DnsAnswer<T>.None(DnsStatus.NotFound);
        }
        for (int aliases = 0; aliases <= MaxAliases; aliases++)
        {
            (bool exists, IReadOnlyList<ZoneRecord> records) = zone.Find(normal, type);
            if (!exists)
            {
                return DnsAnswer<T>.None(DnsStatus.NotFound);
            }
            ZoneRecord? alias = records.FirstOrDefault(record => record.Type is DnsType.Cname);
            if (alias is null)
            {
                return DnsAnswer<T>.Found([.. records.Select(read)], authentic: true);
            }
            normal = alias.Target;
        }
        return DnsAnswer<T>.None(DnsStatus.TemporaryFailure);
    }
}
