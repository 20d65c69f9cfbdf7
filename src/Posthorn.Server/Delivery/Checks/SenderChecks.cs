using System.Net;
using System.Net.Sockets;
using Posthorn.Standards;
using Posthorn.Standards.Dkim;
using Posthorn.Standards.Dmarc;
using Posthorn.Standards.Dns;
using Posthorn.Standards.Spf;

namespace Posthorn.Server.Delivery.Checks;

/// <summary>A message at the end of its data, as far as the checks need it.</summary>
/// <param name="RemoteAddress">The client.</param>
/// <param name="Helo">What it called itself.</param>
/// <param name="MailFrom">The reverse-path without angle brackets; empty for the null one.</param>
/// <param name="Header">The header's octets as they came.</param>
/// <param name="OpenBody">Opens the octets after the empty line; called only for a signature whose key was found.</param>
public sealed record SenderClaims(
    IPAddress RemoteAddress, string Helo, string MailFrom, ReadOnlyMemory<byte> Header, Func<CancellationToken, ValueTask<Stream>> OpenBody);

/// <summary>SPF, DKIM and DMARC for one incoming message, within a time limit.</summary>
/// <remarks>
/// RFC 7208, RFC 6376, RFC 9989. A client without a public address has no SPF to speak of: it is not asked (local policy), and unsigned mail
/// from it costs no look-up at all. A question that the limit cuts off has no answer: what hangs on it ends as "temperror", which lets mail pass rather than be lost.
/// </remarks>
public sealed class SenderChecks(IDnsResolver resolver, TimeProvider time, SenderCheckSettings settings)
{
    private const string LocalPolicy = "local policy";

    public async ValueTask<SenderVerdict> CheckAsync(SenderClaims claims, CancellationToken cancel)
    {
        bool isLocal = IsLocal(claims.RemoteAddress);
        bool isSigned = DkimVerifier.IsSigned(claims.Header);
        SpfQuery query = SpfQuery.OfMailFrom(claims.RemoteAddress, claims.MailFrom, claims.Helo, settings.AuthservId);
        var local = new SpfOutcome(SpfResult.None, query.Domain, Reason: LocalPolicy);
        if (isLocal && !isSigned)
        {
            return Verdict(claims, local, [], new DmarcOutcome(DmarcResult.None, DmarcPolicy.None, "", Reason: LocalPolicy));
        }
        using var limit = new CancellationTokenSource(settings.TimeLimit, time);
        var dns = new LimitedResolver(resolver, limit.Token);
        Task<SpfOutcome> asked = isLocal ? Task.FromResult(local) : new SpfEvaluator(dns, time).CheckHostAsync(query, cancel).AsTask();
        Task<IReadOnlyList<DkimSignatureOutcome>> verified = new DkimVerifier(dns, time).VerifyAsync(claims.Header, claims.OpenBody, cancel).AsTask();
        await Task.WhenAll(asked, verified);
        SpfOutcome spf = await asked;
        IReadOnlyList<DkimSignatureOutcome> dkim = await verified;
        return Verdict(claims, spf, dkim, await DmarcAsync(claims, isLocal ? null : spf, dkim, cancel));
    }

    // It has a time of its own: SPF and DKIM ask servers that the sender names, and one that keeps us waiting must not keep the author's policy from being asked.
    private async ValueTask<DmarcOutcome> DmarcAsync(SenderClaims claims, SpfOutcome? spf, IReadOnlyList<DkimSignatureOutcome> dkim, CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(settings.TimeLimit, time);
        var evaluator = new DmarcEvaluator(new LimitedResolver(resolver, limit.Token));
        DmarcOutcome outcome = await evaluator.EvaluateAsync(AuthorDomains.Read(claims.Header), spf, dkim, cancel);
        // Without SPF a failure means nothing: the mail may well come from where its owner allows it.
        return spf is null && outcome.Result is DmarcResult.Fail
            ? outcome with { Result = DmarcResult.None, Policy = DmarcPolicy.None, Reason = LocalPolicy }
            : outcome;
    }

    private SenderVerdict Verdict(SenderClaims claims, SpfOutcome spf, IReadOnlyList<DkimSignatureOutcome> dkim, DmarcOutcome dmarc)
    {
        var results = new AuthenticationResults(settings.AuthservId);
        (string, string) identity = claims.MailFrom.Length > 0 ? ("smtp.mailfrom", claims.MailFrom) : ("smtp.helo", claims.Helo);
        results.Add("spf", Name(spf.Result), spf.Reason, identity);
        if (dkim.Count == 0)
        {
            results.Add("dkim", "none", null);
        }
        foreach (DkimSignatureOutcome signature in dkim)
        {
            results.Add("dkim", Name(signature.Result), signature.Reason,
                ("header.d", signature.Domain), ("header.s", signature.Selector), ("header.a", signature.Algorithm), ("header.b", signature.Mark));
        }
        // RFC 9989 §9.1 registers the policy beside the domain of From.
        results.Add("dmarc", Name(dmarc.Result), dmarc.Result is DmarcResult.Pass ? null : dmarc.Reason,
            ("header.from", dmarc.AuthorDomain), ("policy.dmarc", dmarc.Result is DmarcResult.Fail ? Name(dmarc.Policy) : ""));
        return new SenderVerdict(spf, dkim, dmarc, results.ToField());
    }

    private static string Name<T>(T result)
        where T : struct, Enum => result.ToString().ToLowerInvariant();

    // RFC 1918 §3, RFC 6598 §7, RFC 3927 §2.1, RFC 4193 §3, RFC 4291 §2.5.6, and loopback.
    private static bool IsLocal(IPAddress address)
    {
        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        if (IPAddress.IsLoopback(address))
        {
            return true;
        }
        if (address.AddressFamily is not AddressFamily.InterNetwork)
        {
            return address.IsIPv6UniqueLocal || address.IsIPv6LinkLocal;
        }
        Span<byte> octets = stackalloc byte[4];
        address.TryWriteBytes(octets, out _);
        return octets switch
        {
            [10, ..] => true,
            [172, >= 16 and < 32, ..] => true,
            [192, 168, ..] => true,
            [100, >= 64 and < 128, ..] => true,
            [169, 254, ..] => true,
            _ => false,
        };
    }
}
