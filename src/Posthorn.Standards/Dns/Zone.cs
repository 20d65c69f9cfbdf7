using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Posthorn.Standards.Dns;

/// <summary>Records read from zone text, and the answers they give.</summary>
/// <remarks>
/// RFC 1035 §5; wildcards: RFC 4592 §3.3. Types that mail does not ask for are skipped. Every name the text does not hold does
/// not exist, so one text may hold names of any number of domains.
/// </remarks>
public sealed class Zone
{
    /// <summary>Seconds a record lives where neither it nor $TTL says so.</summary>
    public const int DefaultTtl = 300;

    private readonly Dictionary<string, List<ZoneRecord>> _records = new(StringComparer.Ordinal);

    // Owners and all the names above them: a name with something below it exists (RFC 4592 §2.2.2, empty non-terminals).
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    private Zone()
    {
    }

    /// <exception cref="FormatException">Names the line and what is wrong with it.</exception>
    public static Zone Parse(string text)
    {
        var zone = new Zone();
        string origin = "";
        string owner = "";
        int ttl = DefaultTtl;
        foreach (ZoneReader.Entry entry in new ZoneReader(text).Read())
        {
            if (entry.Words[0].StartsWith('$') && !entry.StartsWithBlank)
            {
                if (entry.Words is ["$ORIGIN", var name])
                {
                    origin = Absolute(name, origin, entry);
                }
                else if (entry.Words is ["$TTL", var seconds] && TryTtl(seconds, out int given))
                {
                    ttl = given;
                }
                else
                {
                    throw Wrong(entry, $"'{entry.Words[0]}' is not a directive known here ($ORIGIN name, $TTL seconds)");
                }
                continue;
            }
            int at = 0;
            if (!entry.StartsWithBlank)
            {
                owner = Absolute(entry.Words[at++], origin, entry);
            }
            zone.Add(Record(entry, at, owner, origin, ttl));
        }
        return zone;
    }

    /// <summary>The records of a name and whether the name exists. Aliases are not followed; a CNAME is returned where the name has one.</summary>
    public (bool Exists, IReadOnlyList<ZoneRecord> Records) Find(string name, DnsType type)
    {
        if (!_records.TryGetValue(name, out List<ZoneRecord>? all))
        {
            if (_names.Contains(name))
            {
                return (true, []);
            }
            all = Wildcard(name);
            if (all is null)
            {
                return (false, []);
            }
        }
        return (true, [.. all.Where(record => record.Type == type || record.Type is DnsType.Cname).Select(record => record with { Name = name })]);
    }

    // RFC 4592 §3.3.1: the wildcard counts only directly below the closest name that exists.
    private List<ZoneRecord>? Wildcard(string name)
    {
        for (string parent = name; parent.Length > 0;)
        {
            int dot = parent.IndexOf('.', StringComparison.Ordinal);
            parent = dot < 0 ? "" : parent[(dot + 1)..];
            if (_names.Contains(parent) || parent.Length == 0)
            {
                return _records.GetValueOrDefault(parent.Length == 0 ? "*" : $"*.{parent}");
            }
        }
        return null;
    }

    private void Add(ZoneRecord? record)
    {
        if (record is null)
        {
            return;
        }
        if (!_records.TryGetValue(record.Name, out List<ZoneRecord>? all))
        {
            _records[record.Name] = all = [];
        }
        all.Add(record);
        for (string name = record.Name; name.Length > 0;)
        {
            _names.Add(name);
            int dot = name.IndexOf('.', StringComparison.Ordinal);
            name = dot < 0 ? "" : name[(dot + 1)..];
        }
    }

    // rr = [TTL] [class] type RDATA | [class] [TTL] type RDATA      RFC 1035 §5.1
    private static ZoneRecord? Record(ZoneReader.Entry entry, int at, string owner, string origin, int ttl)
    {
        for (; at < entry.Words.Count; at++)
        {
            if (TryTtl(entry.Words[at], out int given))
            {
                ttl = given;
            }
            else if (!entry.Words[at].Equals("IN", StringComparison.OrdinalIgnoreCase))
            {
                break;
            }
        }
        if (at == entry.Words.Count)
        {
            throw Wrong(entry, "no record type");
        }
        string[] data = [.. entry.Words.Skip(at + 1)];
        return (entry.Words[at].ToUpperInvariant(), data) switch
        {
            ("A", [var text]) => new ZoneRecord(owner, DnsType.A, ttl, Address: ReadAddress(text, AddressFamily.InterNetwork, entry)),
            ("AAAA", [var text]) => new ZoneRecord(owner, DnsType.Aaaa, ttl, Address: ReadAddress(text, AddressFamily.InterNetworkV6, entry)),
            ("MX", [var preference, var host]) when ushort.TryParse(preference, NumberStyles.None, null, out ushort number) =>
                new ZoneRecord(owner, DnsType.Mx, ttl, Absolute(host, origin, entry), number),
            ("SRV", [var priority, var weight, var port, var host]) when ushort.TryParse(priority, NumberStyles.None, null, out ushort first)
                && ushort.TryParse(weight, NumberStyles.None, null, out ushort share) && ushort.TryParse(port, NumberStyles.None, null, out ushort number) =>
                new ZoneRecord(owner, DnsType.Srv, ttl, Absolute(host, origin, entry), first, Weight: share, Port: number),
            ("TXT", [_, ..]) when data.All(part => part.Length <= 255) => new ZoneRecord(owner, DnsType.Txt, ttl, Strings: data),
            ("CNAME", [var name]) => new ZoneRecord(owner, DnsType.Cname, ttl, Absolute(name, origin, entry)),
            ("PTR", [var name]) => new ZoneRecord(owner, DnsType.Ptr, ttl, Absolute(name, origin, entry)),
            ("NS", [var name]) => new ZoneRecord(owner, DnsType.Ns, ttl, Absolute(name, origin, entry)),
            ("A" or "AAAA" or "MX" or "TXT" or "CNAME" or "PTR" or "NS" or "SRV", _) => throw Wrong(entry, $"wrong data for {entry.Words[at]}"),
            _ => null,
        };
    }

    private static IPAddress ReadAddress(string text, AddressFamily family, ZoneReader.Entry entry) =>
        IPAddress.TryParse(text, out IPAddress? address) && address.AddressFamily == family
            ? address
            : throw Wrong(entry, $"'{text}' is not an address of this type");

    private static string Absolute(string name, string origin, ZoneReader.Entry entry)
    {
        string full = name switch
        {
            "@" => origin,
            "." => "",
            _ when name.EndsWith('.') => name,
            _ => origin.Length == 0 ? name : $"{name}.{origin}",
        };
        return DnsName.TryNormalize(full, out string? normal) ? normal : throw Wrong(entry, $"'{full}' is not a domain name");
    }

    private static bool TryTtl(string text, out int seconds) => int.TryParse(text, NumberStyles.None, null, out seconds);

    private static FormatException Wrong(ZoneReader.Entry entry, string what) => new($"Zone text, line {entry.Line}: {what}.");
}
