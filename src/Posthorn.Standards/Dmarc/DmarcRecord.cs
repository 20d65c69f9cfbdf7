namespace Posthorn.Standards.Dmarc;

/// <summary>A DMARC policy record.</summary>
/// <remarks>RFC 9989 §4.7, §4.8. Unknown tags are ignored; a value that is wrong counts as left out, but for the policies (§4.10.1).</remarks>
internal sealed record DmarcRecord
{
    private const string Space = " \t";

    public DmarcPolicy Policy { get; private init; }

    /// <summary>For names below that exist.</summary>
    public DmarcPolicy? SubdomainPolicy { get; private init; }

    /// <summary>For names below that do not exist.</summary>
    public DmarcPolicy? NonExistentPolicy { get; private init; }

    public bool StrictDkim { get; private init; }

    public bool StrictSpf { get; private init; }

    /// <summary>Tag "psd": true "y", false "n", null unknown.</summary>
    public bool? PublicSuffix { get; private init; }

    public bool Testing { get; private init; }

    /// <summary>A policy tag is missing or wrong and there is nobody to report to: the mechanism does not apply (RFC 9989 §4.10.1).</summary>
    public bool AppliesNot { get; private init; }

    /// <summary>Null where the text is no DMARC record.</summary>
    public static DmarcRecord? Parse(string text)
    {
        string[] parts = text.Split(';');
        // dmarc-version = "v" equals %s"DMARC1"      RFC 9989 §4.8
        if (Tag(parts[0]) is not ("v", "DMARC1"))
        {
            return null;
        }
        var tags = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string part in parts.Skip(1))
        {
            if (Tag(part) is { } tag)
            {
                tags.TryAdd(tag.Name, tag.Value);
            }
        }
        DmarcPolicy? policy = PolicyOf(tags, "p");
        bool valid = policy is not null
            && (!tags.ContainsKey("sp") || PolicyOf(tags, "sp") is not null)
            && (!tags.ContainsKey("np") || PolicyOf(tags, "np") is not null);
        return new DmarcRecord
        {
            Policy = valid ? policy!.Value : DmarcPolicy.None,
            SubdomainPolicy = valid ? PolicyOf(tags, "sp") : null,
            NonExistentPolicy = valid ? PolicyOf(tags, "np") : null,
            StrictDkim = Is(tags, "adkim", "s"),
            StrictSpf = Is(tags, "aspf", "s"),
            PublicSuffix = Is(tags, "psd", "y") ? true : Is(tags, "psd", "n") ? false : null,
            Testing = Is(tags, "t", "y"),
            AppliesNot = !valid && !HasReportAddress(tags),
        };
    }

    /// <summary>The policy for a name below the record's, or for the record's own.</summary>
    public DmarcPolicy PolicyFor(bool below, bool exists)
    {
        DmarcPolicy policy = !below ? Policy : (exists ? SubdomainPolicy : NonExistentPolicy ?? SubdomainPolicy) ?? Policy;
        // RFC 9989 §4.7, tag "t": one level less.
        return Testing && policy > DmarcPolicy.None ? policy - 1 : policy;
    }

    private static (string Name, string Value)? Tag(string part)
    {
        int equals = part.IndexOf('=', StringComparison.Ordinal);
        string name = equals < 0 ? "" : part[..equals].Trim(Space.ToCharArray());
        return name.Length > 0 && name.All(char.IsAsciiLetter) ? (name.ToLowerInvariant(), part[(equals + 1)..].Trim(Space.ToCharArray())) : null;
    }

    private static bool Is(Dictionary<string, string> tags, string name, string value) =>
        tags.TryGetValue(name, out string? given) && given.Equals(value, StringComparison.OrdinalIgnoreCase);

    private static DmarcPolicy? PolicyOf(Dictionary<string, string> tags, string name) =>
        tags.GetValueOrDefault(name)?.ToLowerInvariant() switch
        {
            "none" => DmarcPolicy.None,
            "quarantine" => DmarcPolicy.Quarantine,
            "reject" => DmarcPolicy.Reject,
            _ => null,
        };

    private static bool HasReportAddress(Dictionary<string, string> tags) =>
        tags.TryGetValue("rua", out string? list)
        && list.Split(',').Any(uri => Uri.TryCreate(uri.Trim().Split('!')[0], UriKind.Absolute, out _));
}
