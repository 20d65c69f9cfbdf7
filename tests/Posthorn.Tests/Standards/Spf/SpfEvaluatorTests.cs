using System.Net;
using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Posthorn.Standards.Dns;
using Posthorn.Standards.Spf;
using Posthorn.Tests.Standards.Dns;

namespace Posthorn.Tests.Standards.Spf;

/// <summary>check_host() (RFC 7208 §4, §A) over tables of zones and checks. A name whose first label is "fail" gets no answer.</summary>
public sealed class SpfEvaluatorTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(946684800));

    public static TheoryData<string, string, string> Cases(string file) =>
        [.. CaseTable.Read(file).Select(row => new TheoryDataRow<string, string, string>(row.Section, row.Zone, row.Case))];

    [Theory]
    [MemberData(nameof(Cases), "Spf.rfc7208-appendix-a.table", DisableDiscoveryEnumeration = true)]
    [MemberData(nameof(Cases), "Spf.rfc7208.table", DisableDiscoveryEnumeration = true)]
    public async Task Check_host_gives(string section, string zone, string row)
    {
        Assert.NotEmpty(section);
        string[] halves = row.Split(" = ", 2);
        string[] arguments = halves[0].Split(' ');
        string[] expected = halves[1].Split(' ', 2);
        SpfQuery query = SpfQuery.OfMailFrom(
            IPAddress.Parse(arguments[0]), arguments[1] == "-" ? "" : arguments[1], arguments[2], "mx.receiver.test");

        SpfOutcome outcome = await CheckAsync(zone, query);

        Assert.Equal(expected[0], outcome.Result.ToString().ToLowerInvariant());
        if (expected.Length > 1)
        {
            Assert.Equal(expected[1], outcome.Explanation ?? "");
        }
    }

    [Fact]
    public async Task The_outcome_names_the_term_that_decided()
    {
        SpfOutcome outcome = await CheckAsync("a.test. TXT \"v=spf1 ip4:192.0.2.0/24 ~all\"",
            new SpfQuery(IPAddress.Parse("192.0.2.5"), "A.test", "x@a.test", "h", "r"));

        Assert.Equal(new SpfOutcome(SpfResult.Pass, "a.test", "ip4:192.0.2.0/24"), outcome);
    }

    // RFC 7208 §7.3: cut label by label, half a million characters would be copied a quarter of a million times.
    [Fact]
    public async Task A_name_of_many_macros_is_cut_at_once()
    {
        string macros = string.Concat(Enumerable.Repeat($" \"{string.Concat(Enumerable.Repeat("%{l}", 50))}\"", 38));
        string zone = $"a.test. TXT \"v=spf1 exists:\"{macros} \".there.test -all\"\n*.there.test. A 127.0.0.2";
        string local = string.Join('.', Enumerable.Repeat("a", 120));
        long before = GC.GetAllocatedBytesForCurrentThread();

        ValueTask<SpfOutcome> check = CheckAsync(zone, new SpfQuery(IPAddress.Parse("192.0.2.5"), "a.test", $"{local}@a.test", "h", "r"));

        Assert.True(check.IsCompleted);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, 100_000_000);
        Assert.Equal(SpfResult.Pass, (await check).Result);
    }

    [Fact]
    public async Task A_record_that_is_too_long_is_none_that_counts()
    {
        string terms = string.Concat(Enumerable.Repeat(" \" ip4:192.0.2.5\"", 600));

        SpfOutcome outcome = await CheckAsync($"a.test. TXT \"v=spf1\"{terms}", new SpfQuery(IPAddress.Parse("192.0.2.5"), "a.test", "x@a.test", "h", "r"));

        Assert.Equal(SpfResult.PermError, outcome.Result);
    }

    [Fact]
    public void Random_records_give_a_result()
    {
        string[] words =
        [
            "a", "mx", "ptr", "all", "include:", "exists:", "ip4:", "ip6:", "redirect=", "exp=", "+", "-", "~", "?", "a.test", "%{d}", "%{p}", "%{ir}",
            "%{l1r-}", "%{S}", "%", "{", "}", "/24", "//64", " ", " ", ":", "192.0.2.0", "2001:db8::", ".", "\u00e9", "%{h}", "0",
        ];
        Gen.Int[0, words.Length - 1].Select(at => words[at]).Array[0, 20].Sample(parts =>
        {
            string text = string.Concat(parts).Replace("\\", "", StringComparison.Ordinal);
            string zone = $"a.test. TXT \"v=spf1 {text}\"\na.test. A 192.0.2.1\na.test. MX 1 a.test.";
            SpfOutcome outcome = CheckAsync(zone, new SpfQuery(IPAddress.Parse("192.0.2.5"), "a.test", "x@a.test", "h.test", "r")).AsTask().GetAwaiter().GetResult();
            return Enum.IsDefined(outcome.Result) && outcome.Result is not SpfResult.None;
        }, iter: 5000);
    }

    private ValueTask<SpfOutcome> CheckAsync(string zone, SpfQuery query)
    {
        var resolver = new FailingResolver(ZoneTextResolver.Parse(zone), name => name.StartsWith("fail.", StringComparison.Ordinal));
        return new SpfEvaluator(resolver, _time).CheckHostAsync(query, TestContext.Current.CancellationToken);
    }
}
