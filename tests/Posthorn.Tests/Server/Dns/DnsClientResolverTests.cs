using System.Net;
using Microsoft.Extensions.Time.Testing;
using Posthorn.Server.Dns;
using Posthorn.Standards.Dns;

namespace Posthorn.Tests.Server.Dns;

/// <summary>The resolver against a name server on real sockets.</summary>
public sealed class DnsClientResolverTests
{
    private const string ZoneText = """
        $ORIGIN example.test.
        @         60 IN MX 10 mail
                     IN MX 20 backup.example.test.
                     IN TXT "v=spf1 mx " "-all"
        mail         A 192.0.2.10
                     AAAA 2001:db8::10
        nothing      MX 0 .
        alias        CNAME mail
        circle       CNAME circle
        short      5 A 192.0.2.11
        big          TXT "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
                     TXT "1123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
                     TXT "2123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
                     TXT "3123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
                     TXT "4123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
                     TXT "5123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
        10.2.0.192.in-addr.arpa. PTR mail.example.test.
        """;

    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_type_is_read_from_the_wire()
    {
        await using TestDnsServer server = TestDnsServer.Start(ZoneText);
        DnsClientResolver resolver = Resolver(server);

        Assert.Equal([new MxRecord(10, "mail.example.test"), new MxRecord(20, "backup.example.test")],
            (await resolver.MxAsync("Example.TEST.", Cancel)).Records);
        Assert.Equal(["v=spf1 mx -all"], (await resolver.TextAsync("example.test", Cancel)).Records);
        Assert.Equal([IPAddress.Parse("192.0.2.10")], (await resolver.Ipv4Async("mail.example.test", Cancel)).Records);
        Assert.Equal([IPAddress.Parse("2001:db8::10")], (await resolver.Ipv6Async("mail.example.test", Cancel)).Records);
        Assert.Equal(["mail.example.test"], (await resolver.PointerAsync(IPAddress.Parse("::ffff:192.0.2.10"), Cancel)).Records);
        Assert.Equal([new MxRecord(0, "")], (await resolver.MxAsync("nothing.example.test", Cancel)).Records);
        Assert.Equal(0, server.TcpQuestions);
    }

    [Theory]
    [InlineData("absent.example.test", DnsStatus.NotFound)]
    [InlineData("backup.absent.test", DnsStatus.NotFound)]
    [InlineData("nothing.example.test", DnsStatus.NoData)]
    [InlineData("alias.example.test", DnsStatus.Ok)]
    [InlineData("circle.example.test", DnsStatus.TemporaryFailure)]
    [InlineData("servfail.example.test", DnsStatus.TemporaryFailure)]
    [InlineData("garbage.example.test", DnsStatus.TemporaryFailure)]
    [InlineData("wrongid.example.test", DnsStatus.TemporaryFailure)]
    [InlineData("two..dots.test", DnsStatus.NotFound)]
    [InlineData("", DnsStatus.NotFound)]
    public async Task Every_end_of_a_question_is_a_status(string name, DnsStatus expected)
    {
        await using TestDnsServer server = TestDnsServer.Start(ZoneText);

        Assert.Equal(expected, (await Resolver(server).Ipv4Async(name, Cancel)).Status);
    }

    // RFC 7766 §5
    [Fact]
    public async Task A_truncated_answer_is_asked_for_again_over_tcp()
    {
        await using TestDnsServer server = TestDnsServer.Start(ZoneText);

        DnsAnswer<string> answer = await Resolver(server).TextAsync("big.example.test", Cancel);

        Assert.Equal(6, answer.Records.Count);
        Assert.Equal(1, server.TcpQuestions);
    }

    [Fact]
    public async Task A_silent_server_is_a_temporary_failure()
    {
        await using TestDnsServer server = TestDnsServer.Start(ZoneText);

        DnsAnswer<IPAddress> answer = await Resolver(server).Ipv4Async("silent.example.test", Cancel);

        Assert.Equal(DnsStatus.TemporaryFailure, answer.Status);
        Assert.Equal(2, server.UdpQuestions);
    }

    [Fact]
    public async Task The_callers_cancellation_is_the_callers()
    {
        await using TestDnsServer server = TestDnsServer.Start(ZoneText);
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Resolver(server).Ipv4Async("silent.example.test", cancelled.Token));
    }

    [Fact]
    public async Task An_answer_is_kept_as_long_as_its_ttl()
    {
        await using TestDnsServer server = TestDnsServer.Start(ZoneText);
        DnsClientResolver resolver = Resolver(server);

        await resolver.Ipv4Async("short.example.test", Cancel);
        _time.Advance(TimeSpan.FromSeconds(4));
        await resolver.Ipv4Async("SHORT.example.test", Cancel);
        Assert.Equal(1, server.UdpQuestions);
        _time.Advance(TimeSpan.FromSeconds(2));
        await resolver.Ipv4Async("short.example.test", Cancel);
        Assert.Equal(2, server.UdpQuestions);
    }

    [Fact]
    public async Task A_failure_is_not_kept()
    {
        await using TestDnsServer server = TestDnsServer.Start(ZoneText);
        DnsClientResolver resolver = Resolver(server);

        await resolver.Ipv4Async("servfail.example.test", Cancel);
        int asked = server.UdpQuestions;
        await resolver.Ipv4Async("servfail.example.test", Cancel);
        Assert.True(server.UdpQuestions > asked);
    }

    [Fact]
    public async Task A_long_answer_is_not_kept()
    {
        string strings = string.Concat(Enumerable.Repeat($" \"{new string('x', 250)}\"", 200));
        await using TestDnsServer server = TestDnsServer.Start($"long.example.test. 3600 IN TXT{strings}");
        DnsClientResolver resolver = Resolver(server);

        Assert.Equal(50_000, Assert.Single((await resolver.TextAsync("long.example.test", Cancel)).Records).Length);
        await resolver.TextAsync("long.example.test", Cancel);

        Assert.Equal(2, server.TcpQuestions);
    }

    [Fact]
    public void Many_short_records_are_a_long_answer_too()
    {
        var cache = new DnsCache(entries: 50, _time);
        MxRecord[] records = [.. Enumerable.Range(0, 100).Select(number => new MxRecord(number, $"mx{number}.example.test"))];
        cache.Keep(DnsType.Mx, "few.test", DnsAnswer<MxRecord>.Found(records[..10], authentic: false), TimeSpan.FromMinutes(1));
        cache.Keep(DnsType.Mx, "many.test", DnsAnswer<MxRecord>.Found(records, authentic: false), TimeSpan.FromMinutes(1));

        Assert.NotNull(cache.Find<MxRecord>(DnsType.Mx, "few.test"));
        Assert.Null(cache.Find<MxRecord>(DnsType.Mx, "many.test"));
    }

    // RFC 4035 §4.9.3
    [Theory]
    [InlineData(true, null, true)]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    public async Task Only_a_trusted_servers_ad_bit_counts(bool bit, bool? trust, bool expected)
    {
        await using TestDnsServer server = TestDnsServer.Start(ZoneText);
        server.Authentic = bit;
        var resolver = new DnsClientResolver(Settings(server) with { TrustAuthenticData = trust }, _time);

        Assert.Equal(expected, (await resolver.MxAsync("example.test", Cancel)).Authentic);
    }

    [Fact]
    public void The_cache_never_holds_more_than_its_limit()
    {
        var cache = new DnsCache(entries: 50, _time);
        DnsAnswer<string> answer = DnsAnswer<string>.Found(["x"], authentic: false);
        for (int name = 0; name < 1000; name++)
        {
            cache.Keep(DnsType.Txt, $"n{name}", answer, TimeSpan.FromMinutes(1));
        }

        Assert.InRange(Enumerable.Range(0, 1000).Count(name => cache.Find<string>(DnsType.Txt, $"n{name}") is not null), 1, 50);
        Assert.NotNull(cache.Find<string>(DnsType.Txt, "n999") ?? cache.Find<string>(DnsType.Txt, "n998"));
    }

    private static DnsClientSettings Settings(TestDnsServer server) =>
        new() { Servers = [server.Address], Timeout = TimeSpan.FromMilliseconds(300), Retries = 1 };

    private DnsClientResolver Resolver(TestDnsServer server) => new(Settings(server), _time);
}
