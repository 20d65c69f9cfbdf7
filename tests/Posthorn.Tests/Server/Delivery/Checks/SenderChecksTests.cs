using System.Net;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Posthorn.Server.Delivery.Checks;
using Posthorn.Standards.Dkim;
using Posthorn.Standards.Dmarc;
using Posthorn.Standards.Dns;
using Posthorn.Standards.Spf;
using Posthorn.Tests.Standards.Dns;

namespace Posthorn.Tests.Server.Delivery.Checks;

public sealed class SenderChecksTests
{
    private const string Header = "From: A <a@example.test>\r\nSubject: x\r\n\r\n";
    private const string Body = "Hi.\r\n";

    private static readonly DkimKey Key = DkimKey.GenerateEd25519("e1");

    private readonly FakeTimeProvider _time = new();
    private readonly FailingResolver _resolver;
    private int _opened;

    public SenderChecksTests() =>
        _resolver = new FailingResolver(ZoneTextResolver.Parse($"""
            $ORIGIN example.test.
            @       TXT "v=spf1 ip4:203.0.113.0/24 -all"
            _dmarc  TXT "v=DMARC1; p=reject"
            {Key.ZoneLine("example.test")}
            """), _ => false);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Good_mail_passes_and_says_so()
    {
        SenderVerdict verdict = await CheckAsync("203.0.113.5", "a@example.test", await SignedAsync());

        Assert.Equal((SpfResult.Pass, DkimResult.Pass, DmarcResult.Pass), (verdict.Spf.Result, verdict.Dkim[0].Result, verdict.Dmarc.Result));
        Assert.StartsWith("Authentication-Results: mx.here.test;\r\n\tspf=pass smtp.mailfrom=a@example.test;\r\n\tdkim=pass header.d=example.test header.s=e1 ",
            verdict.AuthenticationResults, StringComparison.Ordinal);
        Assert.EndsWith("\tdmarc=pass header.from=example.test\r\n", verdict.AuthenticationResults, StringComparison.Ordinal);
        Assert.Equal(1, _opened);
    }

    [Fact]
    public async Task Forged_mail_fails_with_the_owners_wish()
    {
        SenderVerdict verdict = await CheckAsync("198.51.100.5", "a@example.test", Header);

        Assert.Equal((SpfResult.Fail, DmarcResult.Fail, DmarcPolicy.Reject), (verdict.Spf.Result, verdict.Dmarc.Result, verdict.Dmarc.Policy));
        Assert.Contains("policy.dmarc=reject", verdict.AuthenticationResults, StringComparison.Ordinal);
        Assert.Equal(0, _opened);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("10.1.2.3")]
    [InlineData("172.31.0.1")]
    [InlineData("192.168.1.1")]
    [InlineData("100.64.0.1")]
    [InlineData("169.254.9.9")]
    [InlineData("fd00::1")]
    [InlineData("fe80::1")]
    public async Task Unsigned_mail_from_near_costs_no_look_up(string address)
    {
        ValueTask<SenderVerdict> check = CheckAsync(address, "a@example.test", Header);

        Assert.True(check.IsCompletedSuccessfully);
        SenderVerdict verdict = await check;
        Assert.Equal((SpfResult.None, "local policy", DmarcResult.None), (verdict.Spf.Result, verdict.Spf.Reason, verdict.Dmarc.Result));
        Assert.Equal(0, _resolver.Questions);
        Assert.Equal(0, _opened);
    }

    [Theory]
    [InlineData("172.32.0.1")]
    [InlineData("11.0.0.1")]
    [InlineData("2001:db8::1")]
    public async Task Public_addresses_are_checked(string address) =>
        Assert.Equal(SpfResult.Fail, (await CheckAsync(address, "a@example.test", Header)).Spf.Result);

    [Fact]
    public async Task Signed_mail_from_near_is_verified_and_never_fails_for_lack_of_spf()
    {
        string signed = await SignedAsync();

        SenderVerdict good = await CheckAsync("127.0.0.1", "a@example.test", signed);
        SenderVerdict bad = await CheckAsync("127.0.0.1", "a@example.test", signed.Replace("Subject: x", "Subject: y", StringComparison.Ordinal));

        Assert.Equal((DkimResult.Pass, DmarcResult.Pass), (good.Dkim[0].Result, good.Dmarc.Result));
        Assert.Equal((DkimResult.Fail, DmarcResult.None), (bad.Dkim[0].Result, bad.Dmarc.Result));
    }

    [Fact]
    public async Task The_null_sender_is_checked_by_its_helo_name()
    {
        SenderVerdict verdict = await CheckAsync("203.0.113.5", "", Header, helo: "example.test");

        Assert.Equal(SpfResult.Pass, verdict.Spf.Result);
        Assert.Contains("smtp.helo=example.test", verdict.AuthenticationResults, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_time_limit_cuts_off_is_a_temporary_error()
    {
        SenderVerdict verdict = await CheckLateAsync(new SilentResolver(), Claims("203.0.113.5", "a@example.test", await SignedAsync(), "h.test"));

        Assert.Equal((SpfResult.TempError, DkimResult.TempError, DmarcResult.TempError), (verdict.Spf.Result, verdict.Dkim[0].Result, verdict.Dmarc.Result));
        Assert.Equal("example.test", verdict.Dkim[0].Domain);
        Assert.Contains("no answer for the key", verdict.AuthenticationResults, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Name_servers_of_strangers_that_never_answer_do_not_hide_the_authors_policy()
    {
        string signatures = string.Concat(Enumerable.Range(1, DkimVerifier.MaxSignatures).Select(number =>
            $"DKIM-Signature: v=1; a=rsa-sha256; d=evil{number}.test; s=s; h=from; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA\r\n"));
        var resolver = new SilentResolver(_resolver, name => name.Contains("evil", StringComparison.Ordinal));

        SenderVerdict verdict = await CheckLateAsync(
            resolver, Claims("203.0.113.5", "x@evil.test", signatures + "From: a@example.test, x@evil.test\r\n\r\n", "evil.test"));

        Assert.Equal(SpfResult.TempError, verdict.Spf.Result);
        Assert.All(verdict.Dkim, signature => Assert.Equal(DkimResult.TempError, signature.Result));
        Assert.Equal((DmarcResult.Fail, DmarcPolicy.Reject, "example.test"), (verdict.Dmarc.Result, verdict.Dmarc.Policy, verdict.Dmarc.AuthorDomain));
    }

    [Fact]
    public async Task A_key_that_answers_counts_beside_one_that_does_not()
    {
        string signed = await SignedAsync();
        string silent = "DKIM-Signature: v=1; a=rsa-sha256; d=evil.test; s=s; h=from; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA\r\n";
        var resolver = new SilentResolver(_resolver, name => name.Contains("evil", StringComparison.Ordinal));

        SenderVerdict verdict = await CheckLateAsync(resolver, Claims("198.51.100.5", "x@evil.test", silent + signed, "evil.test"));

        Assert.Equal([DkimResult.TempError, DkimResult.Pass], verdict.Dkim.Select(signature => signature.Result));
        Assert.Equal(DmarcResult.Pass, verdict.Dmarc.Result);
    }

    [Fact]
    public async Task The_callers_cancellation_ends_the_checks()
    {
        using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var checks = new SenderChecks(new SilentResolver(), _time, Settings);
        ValueTask<SenderVerdict> check = checks.CheckAsync(Claims("203.0.113.5", "a@example.test", Header, "h.test"), cancelled.Token);

        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await check);
    }

    /// <summary>The time limit passes each time that a new question waits.</summary>
    private async Task<SenderVerdict> CheckLateAsync(SilentResolver resolver, SenderClaims claims)
    {
        Task<SenderVerdict> check = new SenderChecks(resolver, _time, Settings).CheckAsync(claims, Cancel).AsTask();
        int seen = 0;
        Assert.False(check.IsCompleted);
        while (!check.IsCompleted)
        {
            int unanswered = resolver.Unanswered;
            if (unanswered > seen)
            {
                _time.Advance(Settings.TimeLimit);
                seen = unanswered;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, Cancel);
        }

        return await check;
    }

    private static SenderCheckSettings Settings => new() { AuthservId = "mx.here.test" };

    private ValueTask<SenderVerdict> CheckAsync(string address, string mailFrom, string header, string helo = "client.test") =>
        new SenderChecks(_resolver, _time, Settings).CheckAsync(Claims(address, mailFrom, header, helo), Cancel);

    private SenderClaims Claims(string address, string mailFrom, string header, string helo) =>
        new(IPAddress.Parse(address), helo, mailFrom, Encoding.ASCII.GetBytes(header), _ =>
        {
            _opened++;
            return ValueTask.FromResult<Stream>(new MemoryStream(Encoding.ASCII.GetBytes(Body)));
        });

    private async Task<string> SignedAsync()
    {
        var signer = new DkimSigner("example.test", [Key], _time);
        return Encoding.ASCII.GetString(await signer.SignAsync(Encoding.ASCII.GetBytes(Header), new MemoryStream(Encoding.ASCII.GetBytes(Body)), Cancel)) + Header;
    }

    /// <summary>Answers nothing until it is cancelled; with another resolver, only for the names that a rule picks.</summary>
    private sealed class SilentResolver(IDnsResolver? other = null, Func<string, bool>? silent = null) : IDnsResolver
    {
        private int _unanswered;

        public int Unanswered => Volatile.Read(ref _unanswered);

        public ValueTask<DnsAnswer<MxRecord>> MxAsync(string name, CancellationToken cancel) => WaitAsync<MxRecord>(cancel);

        public ValueTask<DnsAnswer<IPAddress>> Ipv4Async(string name, CancellationToken cancel) => WaitAsync<IPAddress>(cancel);

        public ValueTask<DnsAnswer<IPAddress>> Ipv6Async(string name, CancellationToken cancel) => WaitAsync<IPAddress>(cancel);

        public ValueTask<DnsAnswer<string>> TextAsync(string name, CancellationToken cancel) =>
            other is null || silent!(name) ? WaitAsync<string>(cancel) : other.TextAsync(name, cancel);

        public ValueTask<DnsAnswer<SrvRecord>> ServiceAsync(string name, CancellationToken cancel) => WaitAsync<SrvRecord>(cancel);

        public ValueTask<DnsAnswer<string>> PointerAsync(IPAddress address, CancellationToken cancel) => WaitAsync<string>(cancel);

        private async ValueTask<DnsAnswer<T>> WaitAsync<T>(CancellationToken cancel)
        {
            Interlocked.Increment(ref _unanswered);
            await Task.Delay(Timeout.InfiniteTimeSpan, cancel);
            return DnsAnswer<T>.None(DnsStatus.TemporaryFailure);
        }
    }
}
