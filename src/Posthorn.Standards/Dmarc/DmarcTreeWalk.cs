using Posthorn.Standards.Dns;

namespace Posthorn.Standards.Dmarc;

/// <summary>Finds policy records and organizational domains for one author; asks for each name once.</summary>
/// <remarks>RFC 9989 §4.10. It needs no list of public suffixes, which a server on a closed network could not keep fresh.</remarks>
internal sealed class DmarcTreeWalk(IDnsResolver resolver)
{
    /// <summary>Questions of one walk (RFC 9989 §4.10).</summary>
    public const int MaxQueries = 8;

    private readonly Dictionary<string, Answer> _answers = new(StringComparer.Ordinal);

    /// <summary>What stands at one name.</summary>
    /// <param name="Record">Null: none that counts.</param>
    /// <param name="IsKnown">False: the name was not answered.</param>
    internal readonly record struct Answer(DmarcRecord? Record, bool IsKnown);

    /// <summary>A domain on the way up and its record.</summary>
    internal readonly record struct Found(string Domain, DmarcRecord Record);

    /// <summary>The records from a domain upwards, the longest name first.</summary>
    /// <param name="Domain">Where it began.</param>
    /// <param name="Records">Those found.</param>
    /// <param name="IsKnown">False: a name on the way was not answered, so what comes of the walk may be wrong.</param>
    internal readonly record struct Path(string Domain, IReadOnlyList<Found> Records, bool IsKnown)
    {
        /// <summary>RFC 9989 §4.10.2. The domain itself or one above it.</summary>
        public string OrganizationalDomain
        {
            get
            {
                foreach ((string name, DmarcRecord record) in Records)
                {
                    if (record.PublicSuffix is false)
                    {
                        return name;
                    }
                    if (record.PublicSuffix is true && name != Domain)
                    {
                        string[] below = Domain[..^(name.Length + 1)].Split('.');
                        return $"{below[^1]}.{name}";
                    }
                }
                return Records.Count > 0 ? Records[^1].Domain : Domain;
            }
        }
    }

    public async ValueTask<Answer> RecordAsync(string domain, CancellationToken cancel)
    {
        if (_answers.TryGetValue(domain, out Answer known))
        {
            return known;
        }
        DnsAnswer<string> answer = await resolver.TextAsync($"_dmarc.{domain}", cancel);
        DmarcRecord[] records = [.. answer.Records.Select(DmarcRecord.Parse).OfType<DmarcRecord>()];
        return _answers[domain] = new Answer(records is [var record] ? record : null, answer.Status is not DnsStatus.TemporaryFailure);
    }

    /// <summary>The walk from a domain upwards; a record that settles the question ends it.</summary>
    public async ValueTask<Path> WalkAsync(string domain, CancellationToken cancel)
    {
        var found = new List<Found>();
        bool isKnown = true;
        foreach (string name in Names(domain))
        {
            Answer answer = await RecordAsync(name, cancel);
            isKnown &= answer.IsKnown;
            if (answer.Record is { } record)
            {
                found.Add(new Found(name, record));
                if (record.PublicSuffix is not null)
                {
                    break;
                }
            }
        }
        return new Path(domain, found, isKnown);
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
