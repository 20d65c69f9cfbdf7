using System.Net;

namespace Posthorn.Standards.Spf;

/// <summary>A mechanism with its qualifier. <see cref="Text"/> is the term as it stands in the record.</summary>
/// <remarks>RFC 7208 §5.</remarks>
internal abstract record SpfTerm(string Text, SpfResult Qualifier)
{
    /// <summary>It asks the DNS and counts against the limit of RFC 7208 §4.6.4.</summary>
    public bool Asks => this is not (All or Network);

    internal sealed record All(string Text, SpfResult Qualifier) : SpfTerm(Text, Qualifier);

    internal sealed record Include(string Text, SpfResult Qualifier, SpfMacroString Domain) : SpfTerm(Text, Qualifier);

    /// <summary>"a" and "mx"; no domain: the current one.</summary>
    internal sealed record Hosts(string Text, SpfResult Qualifier, bool Exchangers, SpfMacroString? Domain, int Ipv4Prefix, int Ipv6Prefix)
        : SpfTerm(Text, Qualifier);

    internal sealed record Ptr(string Text, SpfResult Qualifier, SpfMacroString? Domain) : SpfTerm(Text, Qualifier);

    /// <summary>"ip4" and "ip6".</summary>
    internal sealed record Network(string Text, SpfResult Qualifier, IPAddress Address, int Prefix) : SpfTerm(Text, Qualifier);

    internal sealed record Exists(string Text, SpfResult Qualifier, SpfMacroString Domain) : SpfTerm(Text, Qualifier);
}
