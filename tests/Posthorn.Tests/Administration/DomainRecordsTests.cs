using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Posthorn.Administration;
using Posthorn.Configuration;
using Posthorn.Core.Accounts;
using Posthorn.Standards.Dns;
using Posthorn.Web;
using Posthorn.Web.Help;

namespace Posthorn.Tests.Administration;

/// <summary>What `domain dns` prints for mail apps follows the listeners of the configuration.</summary>
public sealed class DomainRecordsTests
{
    private static readonly Domain Example = new("example.test", DateTimeOffset.UnixEpoch, []);

    private static readonly PosthornOptions Usual = new()
    {
        HostName = "mx.example.test",
        Listeners = new ListenerSet { Submission = At(587), Submissions = At(465), Imap = At(143), Imaps = At(993), Pop3 = At(110), Pop3s = At(995) },
    };

    [Fact]
    public void Each_service_has_its_record_the_surer_way_first()
    {
        Assert.Equal(
            [
                "_submissions._tcp.example.test. SRV 0 1 465 mx.example.test.",
                "_submission._tcp.example.test. SRV 10 1 587 mx.example.test.",
                "_imaps._tcp.example.test. SRV 0 1 993 mx.example.test.",
                "_imap._tcp.example.test. SRV 10 1 143 mx.example.test.",
                "_pop3s._tcp.example.test. SRV 20 1 995 mx.example.test.",
                "_pop3._tcp.example.test. SRV 30 1 110 mx.example.test.",
            ],
            Lines(Usual, " SRV "));
    }

    [Fact]
    public void A_service_that_does_not_listen_is_said_to_be_missing_and_another_port_is_told()
    {
        // RFC 6186 §3.4: the target "." says that there is no such service.
        IReadOnlyList<string> lines = Lines(Usual with { Listeners = Usual.Listeners with { Pop3 = null, Pop3s = null, Imaps = At(1993) } }, " SRV ");
        Assert.Contains("_pop3s._tcp.example.test. SRV 0 0 0 .", lines);
        Assert.Contains("_pop3._tcp.example.test. SRV 0 0 0 .", lines);
        Assert.Contains("_imaps._tcp.example.test. SRV 0 1 1993 mx.example.test.", lines);
    }

    [Fact]
    public void The_digest_of_what_newer_apps_are_told_follows_the_ports()
    {
        string before = Assert.Single(Lines(Usual, "_ua-auto-config"));
        Assert.Matches("""^_ua-auto-config\.example\.test\. TXT "v=UAAC1; a=sha256; d=[A-Za-z0-9+/]{43}="$""", before);
        Assert.NotEqual(before, Assert.Single(Lines(Usual with { Listeners = Usual.Listeners with { Pop3s = null } }, "_ua-auto-config")));
        Assert.Empty(Lines(Usual with { Listeners = new ListenerSet { Imaps = At(1993) } }, "ua-auto-config"));
        Assert.Contains("ua-auto-config.example.test. CNAME mx.example.test.", Lines(Usual, " CNAME "));
        Assert.Contains("autoconfig.example.test. CNAME mx.example.test.", Lines(Usual, " CNAME "));
    }

    [Fact]
    public void Newer_apps_are_told_hosts_of_services_on_their_own_ports()
    {
        byte[] document = UserAgentConfiguration.Document("example.test", new MailAppSettings(
            "mx.example.test", [new MailAppService("IMAP", "", 993, "SSL/TLS"), new MailAppService("POP3", "", 995, "STARTTLS, required")],
            [new MailAppService("SMTP", "", 587, "STARTTLS, required"), new MailAppService("SMTP", "", 465, "SSL/TLS")], 1))!;
        Assert.Equal(
            """{"protocols":{"imap":{"host":"mx.example.test"},"submit":{"host":"mx.example.test"}},"authentication":{"password":true},"info":{"provider":{"name":"example.test"},"help":{"documentation":"https://mx.example.test/help"}}}""",
            Encoding.UTF8.GetString(document));
        using JsonDocument parsed = JsonDocument.Parse(document);
        Assert.Equal(3, parsed.RootElement.EnumerateObject().Count());
        Assert.Equal(32, SHA256.HashData(document).Length);
    }

    [Theory]
    [InlineData("", "v=spf1 mx -all")]
    [InlineData("127.0.0.1:2525", "v=spf1 mx -all")]
    [InlineData("relay.example.net:587", "v=spf1 mx a:relay.example.net ~all")]
    [InlineData("192.0.2.25", "v=spf1 mx ip4:192.0.2.25 ~all")]
    public void Who_may_send_is_the_relay_where_there_is_one(string smarthost, string policy)
    {
        PosthornOptions options = Usual with { Outbound = new OutboundOptions { Smarthost = smarthost } };
        Assert.Equal([$"example.test. TXT \"{policy}\""], Lines(options, "v=spf1"));
        Assert.Equal(policy.EndsWith("~all", StringComparison.Ordinal), DomainRecords.Of(Example, options).Any(line => line.StartsWith(';') && line.Contains("include:", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("v=spf1 mx -all", DomainRecordState.Right, DomainRecordState.Differs)]
    [InlineData("v=spf1 mx a:relay.example.net ~all", DomainRecordState.Right, DomainRecordState.Right)]
    [InlineData("v=spf1 include:spf.relay.example -all", DomainRecordState.Differs, DomainRecordState.Right)]
    [InlineData("v=spf1 -ip4:192.0.2.1 -all", DomainRecordState.Differs, DomainRecordState.Differs)]
    public async Task With_a_relay_the_dns_must_name_senders_beside_this_host(string found, DomainRecordState without, DomainRecordState with)
    {
        var check = new DomainRecordCheck(ZoneTextResolver.Parse($"example.test. TXT \"{found}\""));
        foreach ((string? relay, DomainRecordState expected) in ((string?, DomainRecordState)[])[(null, without), ("relay.example.net", with)])
        {
            DomainRecord policy = DomainRecordSet.Of(Example, "mx.example.test", relay, []).SelectMany(static group => group.Records)
                .Single(static record => record.Value.StartsWith("v=spf1", StringComparison.Ordinal));
            Assert.Equal(expected, (await check.CheckAsync(policy, TestContext.Current.CancellationToken)).State);
        }
    }

    private static ListenerOptions At(int port) => new() { Port = port };

    private static IReadOnlyList<string> Lines(PosthornOptions options, string part) =>
        [.. DomainRecords.Of(Example, options).Where(line => line.Contains(part, StringComparison.Ordinal) && !line.StartsWith(';'))];
}
