using System.Net;
using Posthorn.Standards.Dns;

namespace Posthorn.Tests.Standards.Dns;

public sealed class MxTargetsTests
{
    private const string ZoneText = """
        $ORIGIN example.test.
        @         MX 20 c
                  MX 10 a
                  MX 10 b
        a         A 192.0.2.1
                  A 192.0.2.2
                  AAAA 2001:db8::1
        onlya     A 192.0.2.3
        null      MX 0 .
        nearly    MX 0 .
                  MX 10 a
        looped    MX 10 a
                  MX 20 us
                  MX 20 b
                  MX 30 c
        first     MX 5 us
                  MX 10 a
        us        A 192.0.2.9
        many      MX 1 h01
                  MX 1 h02
                  MX 1 h03
                  MX 1 h04
        """;

    private readonly ZoneTextResolver _resolver = ZoneTextResolver.Parse(ZoneText);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Lower_preferences_come_first()
    {
        var hosts = Assert.IsType<MxOutcome.Hosts>(await Targets().FindAsync("EXAMPLE.test", Cancel));

        Assert.Equal("c.example.test", hosts.InOrder[^1].Name);
        Assert.Equal(["a.example.test", "b.example.test"], hosts.InOrder.Take(2).Select(host => host.Name).Order());
        Assert.False(hosts.Implicit);
    }

    [Fact]
    public async Task Equal_preferences_are_shuffled()
    {
        var firsts = new HashSet<string>();
        for (int seed = 0; seed < 40; seed++)
        {
            var hosts = Assert.IsType<MxOutcome.Hosts>(await Targets(seed).FindAsync("many.example.test", Cancel));
            firsts.Add(hosts.InOrder[0].Name);
        }

        Assert.Equal(4, firsts.Count);
    }

    [Theory]
    [InlineData("onlya.example.test", "onlya.example.test")] // RFC 5321 §5.1: implicit MX
    [InlineData("nearly.example.test", "a.example.test")] // RFC 7505 §3: not alone, so not a null MX
    [InlineData("looped.example.test", "a.example.test")] // RFC 5321 §5.1: ours and those of ours or higher preference go
    [InlineData("[192.0.2.77]", "[192.0.2.77]")]
    [InlineData("[IPv6:2001:db8::77]", "[IPv6:2001:db8::77]")]
    public async Task Hosts_of(string domain, string expected) =>
        Assert.Equal([expected], Assert.IsType<MxOutcome.Hosts>(await Targets().FindAsync(domain, Cancel)).InOrder.Select(host => host.Name));

    [Theory]
    [InlineData("null.example.test", typeof(MxOutcome.NullMx))] // RFC 7505 §3
    [InlineData("first.example.test", typeof(MxOutcome.Loop))]
    [InlineData("us.example.test", typeof(MxOutcome.Loop))]
    [InlineData("absent.test", typeof(MxOutcome.NoSuchDomain))]
    [InlineData("", typeof(MxOutcome.NoSuchDomain))]
    [InlineData("a..b", typeof(MxOutcome.NoSuchDomain))]
    [InlineData("[1]", typeof(MxOutcome.NoSuchDomain))]
    [InlineData("[2001:db8::1]", typeof(MxOutcome.NoSuchDomain))]
    [InlineData("[IPv6:192.0.2.1]", typeof(MxOutcome.NoSuchDomain))]
    [InlineData("[192.0.2.1", typeof(MxOutcome.NoSuchDomain))]
    public async Task No_hosts_and_why(string domain, Type expected) => Assert.IsType(expected, await Targets().FindAsync(domain, Cancel));

    [Fact]
    public async Task A_failing_server_is_a_temporary_failure()
    {
        var failing = new FailingResolver(_resolver, _ => true);
        var targets = new MxTargets(failing, new Random(1), [], ipv6: true);

        Assert.IsType<MxOutcome.TemporaryFailure>(await targets.FindAsync("example.test", Cancel));
        Assert.Equal(DnsStatus.TemporaryFailure, (await targets.AddressesAsync(new MxHost("a.example.test", 1), Cancel)).Status);
    }

    [Fact]
    public async Task Families_take_turns_ipv6_first()
    {
        var host = new MxHost("a.example.test", 10);

        Assert.Equal(["2001:db8::1", "192.0.2.1", "192.0.2.2"],
            (await Targets().AddressesAsync(host, Cancel)).Records.Select(address => address.ToString()));
        Assert.Equal(["192.0.2.1", "192.0.2.2"],
            (await Targets(ipv6: false).AddressesAsync(host, Cancel)).Records.Select(address => address.ToString()));
        Assert.Equal(DnsStatus.NotFound, (await Targets().AddressesAsync(new MxHost("b.example.test", 10), Cancel)).Status);
        Assert.Equal([IPAddress.Parse("192.0.2.77")], (await Targets().AddressesAsync(new MxHost("[192.0.2.77]", 0, IPAddress.Parse("192.0.2.77")), Cancel)).Records);
    }

    private MxTargets Targets(int seed = 1, bool ipv6 = true) => new(_resolver, new Random(seed), ["US.example.test"], ipv6);
}
