using System.Net;
using CsCheck;
using Posthorn.Standards.Dns;

namespace Posthorn.Tests.Standards.Dns;

public sealed class ZoneTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Master_file_syntax_is_read()
    {
        ZoneTextResolver resolver = ZoneTextResolver.Parse("""
            ; RFC 1035 §5.3, with what mail needs
            $ORIGIN ISI.EDU.
            $TTL 3600
            @   IN  SOA     VENERA      Action\.domains (
                                             20     ; SERIAL
                                             7200   ; REFRESH
                                             600    ; RETRY
                                             3600000; EXPIRE
                                             60)    ; MINIMUM
                    NS      A.ISI.EDU.
                    MX      10      VENERA
                    MX      20      VAXA
            _imaps._tcp SRV 0 1 993  VENERA
            A       A       26.3.0.103
            VENERA  A       10.1.0.52
                    A       128.9.0.32
            text    TXT     ( "one \"quoted\"; " ; a comment inside
                              two "\065" )
            """);

        Assert.Equal([new MxRecord(10, "venera.isi.edu"), new MxRecord(20, "vaxa.isi.edu")], (await resolver.MxAsync("isi.edu", Cancel)).Records);
        Assert.Equal([IPAddress.Parse("10.1.0.52"), IPAddress.Parse("128.9.0.32")], (await resolver.Ipv4Async("Venera.ISI.edu.", Cancel)).Records);
        Assert.Equal(["one \"quoted\"; twoA"], (await resolver.TextAsync("text.isi.edu", Cancel)).Records);
        Assert.Equal([new SrvRecord(0, 1, 993, "venera.isi.edu")], (await resolver.ServiceAsync("_imaps._tcp.isi.edu", Cancel)).Records);
        Assert.Equal(DnsStatus.NoData, (await resolver.Ipv6Async("venera.isi.edu", Cancel)).Status);
        Assert.Equal(DnsStatus.NotFound, (await resolver.Ipv4Async("vaxa.isi.edu", Cancel)).Status);
        Assert.Equal(DnsStatus.NoData, (await resolver.MxAsync("edu", Cancel)).Status);
    }

    [Fact]
    public async Task A_wildcard_counts_below_the_closest_name_that_exists()
    {
        // RFC 4592 §2.2.1
        ZoneTextResolver resolver = ZoneTextResolver.Parse("""
            $ORIGIN example.
            *            MX 10 host1.example.
            sub.*        TXT "this is not a wildcard"
            host1        A 192.0.2.1
            _ssh._tcp.host1  TXT "x"
            """);

        Assert.Equal(DnsStatus.Ok, (await resolver.MxAsync("host3.example", Cancel)).Status);
        Assert.Equal(DnsStatus.Ok, (await resolver.MxAsync("foo.bar.example", Cancel)).Status);
        Assert.Equal(DnsStatus.NoData, (await resolver.Ipv4Async("host3.example", Cancel)).Status);
        Assert.Equal(DnsStatus.NoData, (await resolver.MxAsync("host1.example", Cancel)).Status);
        Assert.Equal(DnsStatus.NotFound, (await resolver.MxAsync("_telnet._tcp.host1.example", Cancel)).Status);
    }

    [Theory]
    [InlineData("a.test. A 192.0.2.256", "line 1")]
    [InlineData("\na.test. AAAA 192.0.2.1", "line 2")]
    [InlineData("a.test. MX mail.test.", "MX")]
    [InlineData("a.test. TXT", "TXT")]
    [InlineData("a.test. TXT \"open", "not closed")]
    [InlineData("a.test. TXT ( \"open\"", "not closed")]
    [InlineData("a.test. TXT )", "parenthesis")]
    [InlineData("a.test.", "record type")]
    [InlineData("$INCLUDE other", "$INCLUDE")]
    [InlineData("a..test. A 192.0.2.1", "domain name")]
    public void A_mistake_names_its_line(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<FormatException>(() => Zone.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Random_text_is_a_zone_or_a_format_exception()
    {
        string[] words = ["$ORIGIN ", "$TTL ", "a.test. ", "A ", "192.0.2.1", "TXT ", "\"", "(", ")", ";", "\n", " ", "\\", "\\300", "*", ".", "MX 10 ", "\0", "é"];
        Gen.Int[0, words.Length - 1].Select(at => words[at]).Array[0, 30].Sample(parts =>
        {
            try
            {
                Zone.Parse(string.Concat(parts)).Find("a.test", DnsType.Txt);
                return true;
            }
            catch (FormatException)
            {
                return true;
            }
        }, iter: 3000);
    }

    [Theory]
    [InlineData("Example.TEST.", "example.test")]
    [InlineData(".", "")]
    [InlineData("bücher.example", "xn--bcher-kva.example")]
    [InlineData("_dmarc.example", "_dmarc.example")]
    [InlineData("a..b", null)]
    [InlineData(".a", null)]
    [InlineData("a b.test", null)]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123.test", null)]
    public void Names_are_brought_into_one_form(string name, string? expected) =>
        Assert.Equal(expected, DnsName.TryNormalize(name, out string? normal) ? normal : null);

    // RFC 1035 §3.5, RFC 3596 §2.5
    [Theory]
    [InlineData("192.0.2.3", "3.2.0.192.in-addr.arpa")]
    [InlineData("::ffff:192.0.2.3", "3.2.0.192.in-addr.arpa")]
    [InlineData("2001:db8::cb01", "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa")]
    public void Reverse_names(string address, string expected) => Assert.Equal(expected, DnsName.Reverse(IPAddress.Parse(address)));
}
