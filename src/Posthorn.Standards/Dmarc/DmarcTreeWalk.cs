using Posthorn.Standards.Dns;

namespace Posthorn.Standards.Dmarc;

/// <summary>Finds policy records and organizational domains for one message; asks for each name once.</summary>
/// <remarks>RFC 9989 §4.10. It needs no list of public suffixes, which a server on a closed network could not keep fresh.</remarks>
internal sealed class DmarcTreeWalk(IDnsResolver resolver)
{
    /// <summary>Questions of one walk (RFC 9989 §4.10).</summary>
    public const int MaxQueries = 8;

    private readonly Dictionary<string, DnsStatus> _status = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DmarcRecord> _records = new(StringComparer.Ordinal);

    /// <summary>A domain on the way up and its record.</summary>
    internal readonly record struct Found(string Domain, DmarcRecord Record);

    /// <summary>A name was not answered, so what came of the walk may be wrong.</summary>
    public bool Failed { get; private set; }

    public async ValueTask<DmarcRecord?> RecordAsync(string domain, CancellationToken cancel)
    {
        if (!_status.TryGetValue(domain, out DnsStatus status))
        {
            DnsAnswer<string> answer = await resolver.TextAsync($"_dmarc.{domain}", cancel);
            _status[domain] = status = answer.Status;
            DmarcRecord[] records = [.. answer.Records.Select(DmarcRecord.Parse).OfType<DmarcRecord>()];
            if (records is [var record])
            {
                _records[domain] = record;
            }
        }
        Failed |= status is DnsStatus.TemporaryFailure;
        return _records.GetValueOrDefault(domain);
    }

    /// <summary>The records from the domain upwards, the longest name first; a record that settles the question ends the walk.</summary>
    public async ValueTask<IReadOnlyList<Found>> WalkAsync(string domain, CancellationToken cancel)
    {
        var found = new List<Found>();
        foreach (string name in Names(domain))
        {
            if (await RecordAsync(name, cancel) is { } record)
            {
                found.Add(new Found(name, record));
                if (record.PublicSuffix is not null)
                {
                    break;
                }
            }
        }
        return found;
    }

    public async ValueTask<string> OrganizationalDomainAsync(string domain, CancellationToken cancel) =>
        OrganizationalDomain(domain, await WalkAsync(domain, cancel));

    /// <summary>RFC 9989 §4.10.2.</summary>
    public static string OrganizationalDomain(string domain, IReadOnlyList<Found> found)
    {
        foreach ((string name, DmarcRecord record) in found)
        {
            if (record.PublicSuffix is false)
            {
                return name;
            }
            if (record.PublicSuffix is true && name != domain)
            {
                string[] below = domain[..^(name.Length + 1)].Split('.');
                return $"{below[^1]}.{name}";
            }
        }
        return found.Count > 0 ? found[^1].Domain : domain;
    }

    // The domain itself, then its parents, of which long names skip to seven labels.
    private static IEnumerable<string> Names(string domain)
    {
        string[] labels = domain.Split('.');
        yield return domain;
        for (int keep = Math.Min(labels.Length - 1, MaxQueries - 1); keep > 0; keep--)
        {
            yield return string.Join('.', labels[^keep..]);
        }
    }
}
