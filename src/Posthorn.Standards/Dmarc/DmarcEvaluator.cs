using Posthorn.Standards.Dkim;
using Posthorn.Standards.Dns;
using Posthorn.Standards.Spf;

namespace Posthorn.Standards.Dmarc;

/// <summary>Does what SPF and DKIM proved belong to the domains that the reader sees in From?</summary>
/// <remarks>RFC 9989 §5.3 (it replaces RFC 7489 §6.6). Whoever writes From may name a domain whose servers never answer, so each author is judged alone.</remarks>
public sealed class DmarcEvaluator(IDnsResolver resolver)
{
    /// <summary>Domains of From that are looked at; honest mail has one, hardly ever two.</summary>
    public const int MaxAuthors = 8;

    /// <param name="authorDomains">The domains of From, normal and distinct.</param>
    /// <param name="spf">Of the MAIL FROM identity; null where it was not asked.</param>
    /// <param name="dkim">One for each signature.</param>
    /// <param name="cancel">Ends the look-ups.</param>
    public async ValueTask<DmarcOutcome> EvaluateAsync(
        IReadOnlyList<string> authorDomains, SpfOutcome? spf, IReadOnlyList<DkimSignatureOutcome> dkim, CancellationToken cancel)
    {
        if (authorDomains.Count == 0)
        {
            return new DmarcOutcome(DmarcResult.PermError, DmarcPolicy.None, "", Reason: "From names no domain");
        }
        if (authorDomains.Count > MaxAuthors)
        {
            // RFC 9989 §11.5: the one that is meant to be believed may be among those that a limit leaves out. Such mail may be refused unseen.
            return new DmarcOutcome(DmarcResult.Fail, DmarcPolicy.Reject, "", Reason: $"From names more than {MaxAuthors} domains");
        }
        DmarcOutcome[] outcomes = await Task.WhenAll(authorDomains.Select(author => EvaluateAsync(author, spf, dkim, cancel).AsTask()));
        return outcomes.MaxBy(Severity)!;
    }

    // RFC 9989 §11.5, RFC 7489 §6.6.1: of several authors the strictest policy of those that fail. The message passes where all do.
    private static int Severity(DmarcOutcome outcome) => outcome.Result switch
    {
        DmarcResult.Fail => 3 + (int)outcome.Policy,
        DmarcResult.TempError => 2,
        DmarcResult.None => 1,
        _ => 0,
    };

    private async ValueTask<DmarcOutcome> EvaluateAsync(
        string author, SpfOutcome? spf, IReadOnlyList<DkimSignatureOutcome> dkim, CancellationToken cancel)
    {
        var walk = new DmarcTreeWalk(resolver);
        (DmarcTreeWalk.Found? found, bool isKnown) = await PolicyAsync(walk, author, cancel);
        if (!isKnown)
        {
            return new DmarcOutcome(DmarcResult.TempError, DmarcPolicy.None, author, Reason: "no answer for the policy");
        }
        if (found is not { } policy || policy.Record.AppliesNot)
        {
            return new DmarcOutcome(DmarcResult.None, DmarcPolicy.None, author, Reason: "no policy");
        }
        var undecided = false;
        foreach ((string domain, bool passed, bool strict, string by) in Identifiers(policy.Record, spf, dkim))
        {
            bool? aligns = await AlignsAsync(walk, author, domain, strict, cancel);
            if (aligns is true && passed)
            {
                return new DmarcOutcome(DmarcResult.Pass, await WishAsync(policy, author, cancel), author, policy.Domain, by);
            }
            undecided |= aligns is not false;
        }
        // RFC 9989 §5.3.6. Only look-ups within the author's organization count: else a stranger's signature with a dead key would buy a "maybe".
        return undecided
            ? new DmarcOutcome(DmarcResult.TempError, DmarcPolicy.None, author, policy.Domain, "no answer for what might have aligned")
            : new DmarcOutcome(DmarcResult.Fail, await WishAsync(policy, author, cancel), author, policy.Domain, "nothing that passed aligns");
    }

    // RFC 9989 §4.10.1: the author's domain, its organizational domain, its public suffix.
    private static async ValueTask<(DmarcTreeWalk.Found? Policy, bool IsKnown)> PolicyAsync(DmarcTreeWalk walk, string author, CancellationToken cancel)
    {
        DmarcTreeWalk.Answer own = await walk.RecordAsync(author, cancel);
        if (own.Record is not null || !own.IsKnown)
        {
            return (own.Record is null ? null : new DmarcTreeWalk.Found(author, own.Record), own.IsKnown);
        }
        DmarcTreeWalk.Path path = await walk.WalkAsync(author, cancel);
        foreach (DmarcTreeWalk.Found candidate in path.Records)
        {
            if (candidate.Domain == path.OrganizationalDomain || candidate.Record.PublicSuffix is true)
            {
                return (candidate, path.IsKnown);
            }
        }
        return (null, path.IsKnown);
    }

    // Those that passed, and those of which it is not known; the former first.
    private static IEnumerable<(string Domain, bool Passed, bool Strict, string By)> Identifiers(
        DmarcRecord record, SpfOutcome? spf, IReadOnlyList<DkimSignatureOutcome> dkim)
    {
        var identifiers = new List<(string, bool Passed, bool, string)>();
        // RFC 6376 §3.6.1: what is signed with a key in testing counts as unsigned.
        foreach (DkimSignatureOutcome signature in dkim.Where(signature => signature is { Result: DkimResult.Pass or DkimResult.TempError, Testing: false }))
        {
            identifiers.Add((signature.Domain, signature.Result is DkimResult.Pass, record.StrictDkim, $"dkim {signature.Domain}"));
        }
        if (spf is { Result: SpfResult.Pass or SpfResult.TempError })
        {
            identifiers.Add((spf.Domain, spf.Result is SpfResult.Pass, record.StrictSpf, $"spf {spf.Domain}"));
        }
        return identifiers.Distinct().OrderByDescending(identifier => identifier.Passed);
    }

    // Null: the DNS did not say.
    private static async ValueTask<bool?> AlignsAsync(DmarcTreeWalk walk, string author, string domain, bool strict, CancellationToken cancel)
    {
        if (!DnsName.TryNormalize(domain, out string? normal) || normal.Length == 0)
        {
            return false;
        }
        if (normal == author || strict)
        {
            return normal == author;
        }
        // Domains without a label in common cannot share an organizational domain: no walk.
        if (author.Split('.')[^1] != normal.Split('.')[^1])
        {
            return false;
        }
        DmarcTreeWalk.Path ours = await walk.WalkAsync(author, cancel);
        if (!ours.IsKnown)
        {
            return null;
        }
        // An organizational domain is above all that share it. What is elsewhere is not asked: its servers are a stranger's and need not answer.
        if (!DnsName.IsWithin(normal, ours.OrganizationalDomain))
        {
            return false;
        }
        DmarcTreeWalk.Path theirs = await walk.WalkAsync(normal, cancel);
        return theirs.IsKnown ? theirs.OrganizationalDomain == ours.OrganizationalDomain : null;
    }

    private async ValueTask<DmarcPolicy> WishAsync(DmarcTreeWalk.Found policy, string author, CancellationToken cancel)
    {
        bool below = policy.Domain != author;
        bool exists = !below || policy.Record.NonExistentPolicy is null || await ExistsAsync(author, cancel);
        return policy.Record.PolicyFor(below, exists);
    }

    // RFC 9989 §3.2.13: a domain without A, AAAA and MX does not exist. No answer counts as existing, the milder guess.
    private async ValueTask<bool> ExistsAsync(string domain, CancellationToken cancel) =>
        !(await resolver.MxAsync(domain, cancel)).IsVoid
        || !(await resolver.Ipv4Async(domain, cancel)).IsVoid
        || !(await resolver.Ipv6Async(domain, cancel)).IsVoid;
}
