using System.Net;
using System.Net.Sockets;
using Posthorn.Standards.Dns;

namespace Posthorn.Standards.Spf;

/// <summary>One run of check_host() with what its limits count; recursion stays inside.</summary>
internal sealed class SpfCheck
{
    private readonly IDnsResolver _resolver;
    private readonly SpfQuery _query;
    private readonly SpfMacroExpansion _macros;
    private int _lookups;
    private int _voids;
    private IReadOnlyList<string>? _validated;

    public SpfCheck(IDnsResolver resolver, TimeProvider time, SpfQuery query)
    {
        _resolver = resolver;
        _query = query;
        _macros = new SpfMacroExpansion(query, time, ValidatedNameAsync);
    }

    private bool IsIpv4 => _query.Address.AddressFamily is AddressFamily.InterNetwork;

    /// <summary>How one mechanism ended. An outcome that is not null ends the whole check.</summary>
    private readonly record struct Match(bool Matches, SpfOutcome? End = null)
    {
        public static implicit operator Match(bool matches) => new(matches);
    }

    public ValueTask<SpfOutcome> RunAsync(string domain, CancellationToken cancel) => EvaluateAsync(domain, explain: true, cancel);

    private async ValueTask<SpfOutcome> EvaluateAsync(string domain, bool explain, CancellationToken cancel)
    {
        DnsAnswer<string> answer = await _resolver.TextAsync(domain, cancel);
        if (answer.Status is DnsStatus.TemporaryFailure)
        {
            return new SpfOutcome(SpfResult.TempError, domain, Reason: $"no answer for the record of {domain}");
        }
        string[] texts = [.. answer.Records.Where(SpfRecord.IsOne)];
        if (texts.Length == 0)
        {
            return new SpfOutcome(SpfResult.None, domain, Reason: $"no record at {domain}");
        }
        if (texts.Length > 1)
        {
            return Permanent(domain, $"{texts.Length} records at {domain}");
        }
        if (texts[0].Length > SpfEvaluator.MaxRecord)
        {
            return Permanent(domain, $"the record of {domain} is longer than {SpfEvaluator.MaxRecord} characters");
        }
        (SpfRecord? record, string? wrong) = SpfRecord.Parse(texts[0]);
        return record is null ? Permanent(domain, $"'{wrong}' in the record of {domain} is no valid term") : await EvaluateAsync(domain, record, explain, cancel);
    }

    private async ValueTask<SpfOutcome> EvaluateAsync(string domain, SpfRecord record, bool explain, CancellationToken cancel)
    {
        foreach (SpfTerm term in record.Terms)
        {
            if (term.Asks && ++_lookups > SpfEvaluator.MaxLookups)
            {
                return TooManyLookups(domain);
            }
            Match match = await MatchAsync(domain, term, cancel);
            if (match.End is { } end)
            {
                return end with { Domain = domain };
            }
            if (match.Matches)
            {
                string? explanation = explain && term.Qualifier is SpfResult.Fail && record.Explanation is { } spec
                    ? await ExplainAsync(spec, domain, cancel)
                    : null;
                return new SpfOutcome(term.Qualifier, domain, term.Text, Explanation: explanation);
            }
        }
        // RFC 7208 §6.1: an "all" anywhere would have matched, so here none stands in the record.
        return record.Redirect is { } redirect
            ? await RedirectAsync(domain, redirect, explain, cancel)
            : new SpfOutcome(SpfResult.Neutral, domain, Reason: "no mechanism matches");
    }

    private async ValueTask<SpfOutcome> RedirectAsync(string domain, SpfMacroString redirect, bool explain, CancellationToken cancel)
    {
        if (++_lookups > SpfEvaluator.MaxLookups)
        {
            return TooManyLookups(domain);
        }
        string target = await _macros.DomainAsync(redirect, domain, cancel);
        SpfOutcome outcome = await EvaluateAsync(target, explain, cancel);
        return outcome.Result is SpfResult.None
            ? Permanent(domain, $"redirect to {target}, which has no record")
            : outcome with { Domain = domain };
    }

    private async ValueTask<Match> MatchAsync(string domain, SpfTerm term, CancellationToken cancel)
    {
        switch (term)
        {
            case SpfTerm.All:
                return true;
            case SpfTerm.Network network:
                return IsWithin(network.Address, network.Prefix);
            case SpfTerm.Include include:
                return await IncludeAsync(domain, include, cancel);
            case SpfTerm.Exists exists:
                string name = await _macros.DomainAsync(exists.Domain, domain, cancel);
                DnsAnswer<IPAddress> answer = await _resolver.Ipv4Async(name, cancel);
                return Judge(answer, domain, name) ?? (Match)(answer.Status is DnsStatus.Ok);
            case SpfTerm.Hosts hosts:
                string target = await TargetAsync(hosts.Domain, domain, cancel);
                return hosts.Exchangers ? await ExchangersAsync(domain, target, hosts, cancel) : await AddressesAsync(domain, target, hosts, cancel);
            case SpfTerm.Ptr ptr:
                string parent = await TargetAsync(ptr.Domain, domain, cancel);
                IReadOnlyList<string> names = await ValidatedNamesAsync(cancel);
                return DnsName.TryNormalize(parent, out string? normal) && names.Any(validated => DnsName.IsWithin(validated, normal));
            default:
                throw new InvalidOperationException($"No rule for {term.GetType().Name}.");
        }
    }

    private ValueTask<string> TargetAsync(SpfMacroString? spec, string domain, CancellationToken cancel) =>
        spec is null ? ValueTask.FromResult(domain) : _macros.DomainAsync(spec, domain, cancel);

    // RFC 7208 §5.2: only "pass" of the other record matches; explanations of that record are not for us (§6.2).
    private async ValueTask<Match> IncludeAsync(string domain, SpfTerm.Include include, CancellationToken cancel)
    {
        string target = await _macros.DomainAsync(include.Domain, domain, cancel);
        SpfOutcome inner = await EvaluateAsync(target, explain: false, cancel);
        return inner.Result switch
        {
            SpfResult.Pass => true,
            SpfResult.Fail or SpfResult.SoftFail or SpfResult.Neutral => false,
            SpfResult.None => new Match(false, Permanent(domain, $"include of {target}, which has no record")),
            _ => new Match(false, inner),
        };
    }

    private async ValueTask<Match> AddressesAsync(string domain, string host, SpfTerm.Hosts hosts, CancellationToken cancel)
    {
        DnsAnswer<IPAddress> answer = await AddressesOfAsync(host, cancel);
        return Judge(answer, domain, host) ?? (Match)IsAnyWithin(answer.Records, hosts);
    }

    private async ValueTask<Match> ExchangersAsync(string domain, string target, SpfTerm.Hosts hosts, CancellationToken cancel)
    {
        DnsAnswer<MxRecord> exchangers = await _resolver.MxAsync(target, cancel);
        if (Judge(exchangers, domain, target) is { } end)
        {
            return end;
        }
        if (exchangers.Records.Count > SpfEvaluator.MaxHosts)
        {
            return new Match(false, Permanent(domain, $"more than {SpfEvaluator.MaxHosts} exchangers at {target}"));
        }
        foreach (MxRecord exchanger in exchangers.Records.Where(exchanger => exchanger.Exchange.Length > 0))
        {
            // Hosts without an address of the client's family are usual and are no void look-ups: RFC 7208 §4.6.4 counts terms.
            DnsAnswer<IPAddress> answer = await AddressesOfAsync(exchanger.Exchange, cancel);
            if (answer.Status is DnsStatus.TemporaryFailure)
            {
                return new Match(false, new SpfOutcome(SpfResult.TempError, domain, Reason: $"no answer for {exchanger.Exchange}"));
            }
            if (IsAnyWithin(answer.Records, hosts))
            {
                return true;
            }
        }
        return false;
    }

    private ValueTask<DnsAnswer<IPAddress>> AddressesOfAsync(string host, CancellationToken cancel) =>
        IsIpv4 ? _resolver.Ipv4Async(host, cancel) : _resolver.Ipv6Async(host, cancel);

    // Null: go on with the answer.
    private Match? Judge<T>(DnsAnswer<T> answer, string domain, string name)
    {
        if (answer.Status is DnsStatus.TemporaryFailure)
        {
            return new Match(false, new SpfOutcome(SpfResult.TempError, domain, Reason: $"no answer for {name}"));
        }
        return answer.IsVoid && ++_voids > SpfEvaluator.MaxVoidLookups
            ? new Match(false, Permanent(domain, $"more than {SpfEvaluator.MaxVoidLookups} look-ups that find nothing"))
            : null;
    }

    // RFC 7208 §5.5: the names of the address that lead back to it. Errors make a name invalid, never the check.
    private async ValueTask<IReadOnlyList<string>> ValidatedNamesAsync(CancellationToken cancel)
    {
        if (_validated is not null)
        {
            return _validated;
        }
        var names = new List<string>();
        DnsAnswer<string> pointers = await _resolver.PointerAsync(_query.Address, cancel);
        foreach (string name in pointers.Records.Take(SpfEvaluator.MaxHosts))
        {
            DnsAnswer<IPAddress> answer = await AddressesOfAsync(name, cancel);
            if (answer.Records.Contains(_query.Address))
            {
                names.Add(name);
            }
        }
        return _validated = names;
    }

    // RFC 7208 §7.3: the domain itself, then a name below it, then any.
    private async ValueTask<string> ValidatedNameAsync(string domain, CancellationToken cancel)
    {
        IReadOnlyList<string> names = await ValidatedNamesAsync(cancel);
        string normal = DnsName.TryNormalize(domain, out string? text) ? text : domain;
        return names.FirstOrDefault(name => name == normal)
            ?? names.FirstOrDefault(name => DnsName.IsWithin(name, normal))
            ?? (names.Count > 0 ? names[0] : "unknown");
    }

    private async ValueTask<string?> ExplainAsync(SpfMacroString spec, string domain, CancellationToken cancel)
    {
        DnsAnswer<string> answer = await _resolver.TextAsync(await _macros.DomainAsync(spec, domain, cancel), cancel);
        return answer.Records is [var text] && SpfMacroString.ExplainString(text) is { } explanation
            ? await _macros.ExplanationAsync(explanation, domain, cancel)
            : null;
    }

    private bool IsAnyWithin(IReadOnlyList<IPAddress> addresses, SpfTerm.Hosts hosts) =>
        addresses.Any(address => IsWithin(address, IsIpv4 ? hosts.Ipv4Prefix : hosts.Ipv6Prefix));

    private bool IsWithin(IPAddress network, int prefix)
    {
        ReadOnlySpan<byte> left = network.GetAddressBytes();
        ReadOnlySpan<byte> right = _query.Address.GetAddressBytes();
        int whole = prefix / 8;
        if (left.Length != right.Length || !left[..whole].SequenceEqual(right[..whole]))
        {
            return false;
        }
        int rest = prefix % 8;
        return rest == 0 || (left[whole] ^ right[whole]) >> (8 - rest) == 0;
    }

    private static SpfOutcome TooManyLookups(string domain) => Permanent(domain, $"more than {SpfEvaluator.MaxLookups} terms that ask the DNS");

    private static SpfOutcome Permanent(string domain, string reason) => new(SpfResult.PermError, domain, Reason: reason);
}
