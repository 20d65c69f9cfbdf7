using Posthorn.Standards.Dns;

namespace Posthorn.Core.Accounts;

public enum DomainRecordState
{
    /// <summary>The DNS has it as it should be.</summary>
    Right,

    /// <summary>There is none.</summary>
    Missing,

    /// <summary>There is one, and it says something else.</summary>
    Differs,

    /// <summary>The DNS gave no answer.</summary>
    Unknown,
}

/// <param name="Found">What the DNS says instead; empty: nothing.</param>
public sealed record CheckedRecord(DomainRecord Record, DomainRecordState State, string Found);

/// <summary>Compares what the DNS says with what a domain should have.</summary>
public sealed class DomainRecordCheck(IDnsResolver resolver)
{
    /// <summary>The DNS is asked for all records of a domain within this time; what has not answered by then is unknown.</summary>
    private static readonly TimeSpan CheckTime = TimeSpan.FromSeconds(8);

    /// <summary>RFC 7208 §5, §6.1.</summary>
    private static readonly string[] Others = ["include:", "a:", "mx:", "ip4:", "ip6:", "exists:", "redirect="];

    /// <summary>All at once, in groups as they are given.</summary>
    public async Task<IReadOnlyList<IReadOnlyList<CheckedRecord>>> CheckAsync(IEnumerable<IReadOnlyList<DomainRecord>> groups, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(CheckTime);
        return await Task.WhenAll(groups.Select(async group =>
            (IReadOnlyList<CheckedRecord>)await Task.WhenAll(group.Select(record => CheckAsync(record, limit.Token, cancel)))));
    }

    private async Task<CheckedRecord> CheckAsync(DomainRecord record, CancellationToken limit, CancellationToken cancel)
    {
        try
        {
            return await CheckAsync(record, limit);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new CheckedRecord(record, DomainRecordState.Unknown, "");
        }
    }

    public async ValueTask<CheckedRecord> CheckAsync(DomainRecord record, CancellationToken cancel) => record.Type switch
    {
        DomainRecordType.Mx => Compare(record, await resolver.MxAsync(record.Name, cancel), static mx => FormattableString.Invariant($"{mx.Preference} {mx.Exchange}."), IsSameHost),
        DomainRecordType.Srv => Compare(
            record, await resolver.ServiceAsync(record.Name, cancel), static srv => FormattableString.Invariant($"{srv.Priority} {srv.Weight} {srv.Port} {srv.Target}."), IsSame),
        _ => Compare(record, Relevant(record, await resolver.TextAsync(record.Name, cancel)), static text => text, IsSameText),
    };

    /// <summary>A name may have other texts beside ours: only those of the same kind are compared.</summary>
    private static DnsAnswer<string> Relevant(DomainRecord record, DnsAnswer<string> answer)
    {
        string kind = record.Value.Split([';', ' '], 2)[0];
        string[] texts = [.. answer.Records.Where(text => text.StartsWith(kind, StringComparison.OrdinalIgnoreCase))];
        return answer.Status == DnsStatus.Ok ? DnsAnswer<string>.Found(texts, answer.Authentic) : answer;
    }

    private static CheckedRecord Compare<T>(DomainRecord record, DnsAnswer<T> answer, Func<T, string> form, Func<string, string, bool> isSame)
    {
        string[] found = [.. answer.Records.Select(form)];
        DomainRecordState state = answer.Status == DnsStatus.TemporaryFailure ? DomainRecordState.Unknown
            // RFC 2782: no record says the same as a lone dot.
            : answer.IsVoid ? record.Value == DomainRecordSet.NoService ? DomainRecordState.Right : DomainRecordState.Missing
            : found.Any(text => isSame(text, record.Value)) ? DomainRecordState.Right
            : DomainRecordState.Differs;
        return new CheckedRecord(record, state, state == DomainRecordState.Differs ? string.Join("\n", found) : "");
    }

    private static bool IsSame(string found, string wanted) => found.Equals(wanted, StringComparison.OrdinalIgnoreCase);

    /// <summary>The preference of the only host is the owner's matter.</summary>
    private static bool IsSameHost(string found, string wanted) => IsSame(found.Split(' ')[^1], wanted.Split(' ')[^1]);

    /// <summary>An owner may have made a policy of their own: a stricter DMARC, further senders in SPF. What counts is that ours is still in it.</summary>
    private static bool IsSameText(string found, string wanted) =>
        wanted.StartsWith("v=DMARC1", StringComparison.Ordinal) ? found.Contains("p=", StringComparison.OrdinalIgnoreCase)
        : wanted.StartsWith("v=spf1", StringComparison.Ordinal) ? (NamesOthers(wanted) ? NamesOthers(found) : found.Split(' ').Any(static term => term is "mx" or "+mx"))
        : found.Replace(" ", "", StringComparison.Ordinal) == wanted.Replace(" ", "", StringComparison.Ordinal);

    /// <summary>Hosts beside the domain's own may send: which ones those of a relay are, its provider knows.</summary>
    private static bool NamesOthers(string policy) => policy.Split(' ').Any(static term =>
        Others.Any(mechanism => term.AsSpan().TrimStart('+').StartsWith(mechanism, StringComparison.OrdinalIgnoreCase)));
}
