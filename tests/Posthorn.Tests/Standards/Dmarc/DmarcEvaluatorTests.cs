using System.Text;
using CsCheck;
using Posthorn.Standards.Dkim;
using Posthorn.Standards.Dmarc;
using Posthorn.Standards.Dns;
using Posthorn.Standards.Mime;
using Posthorn.Standards.Spf;
using Posthorn.Tests.Standards.Dns;

namespace Posthorn.Tests.Standards.Dmarc;

/// <summary>DMARC (RFC 9989 §5.3, which replaces RFC 7489 §6.6) over a table of zones and messages. A policy below "fail" gets no answer.</summary>
public sealed class DmarcEvaluatorTests
{
    public static TheoryData<string, string, string> Cases =>
        [.. CaseTable.Read("Dmarc.dmarc.table").Select(row => new TheoryDataRow<string, string, string>(row.Section, row.Zone, row.Case))];

    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public async Task A_message_gives(string section, string zone, string row)
    {
        Assert.NotEmpty(section);
        string[] halves = row.Split(" = ");
        string[] words = halves[0].Split(' ');
        string[] authors = words[0] == "-" ? [] : words[0].Split(',');
        SpfOutcome? spf = null;
        var dkim = new List<DkimSignatureOutcome>();
        foreach (string[] claim in words.Skip(1).Select(word => word.Split(':')))
        {
            switch (claim[0])
            {
                case "spf":
                    spf = new SpfOutcome(SpfResult.Pass, claim[1]);
                    break;
                case "spffail":
                    spf = new SpfOutcome(SpfResult.Fail, claim[1]);
                    break;
                case "spftemp":
                    spf = new SpfOutcome(SpfResult.TempError, claim[1]);
                    break;
                default:
                    DkimResult result = claim[0] switch { "dkimfail" => DkimResult.Fail, "dkimtemp" => DkimResult.TempError, _ => DkimResult.Pass };
                    dkim.Add(new DkimSignatureOutcome(result, claim[1], "s", "a", "", Testing: claim[0] == "dkimtest"));
                    break;
            }
        }

        DmarcOutcome outcome = await Evaluator(zone).EvaluateAsync(authors, spf, dkim, TestContext.Current.CancellationToken);

        string[] expected = halves[1].Split(' ');
        Assert.Equal(expected[0], outcome.Result.ToString().ToLowerInvariant());
        if (expected.Length > 1)
        {
            Assert.Equal(expected[1], outcome.Policy.ToString().ToLowerInvariant());
        }
    }

    [Fact]
    public async Task A_walk_asks_no_more_than_eight_names()
    {
        var resolver = new FailingResolver(ZoneTextResolver.Parse(""), _ => false);
        string author = string.Join('.', Enumerable.Repeat("x", 60)) + ".example.com";

        DmarcOutcome outcome = await new DmarcEvaluator(resolver).EvaluateAsync([author], null, [], TestContext.Current.CancellationToken);

        Assert.Equal(DmarcResult.None, outcome.Result);
        Assert.Equal(8, resolver.Questions);
    }

    [Theory]
    [InlineData("From: A <a@Example.com>\r\n", "example.com")]
    [InlineData("From: a@example.com, B <b@example.com>\r\n", "example.com")]
    [InlineData("From: a@example.com, b@example.org\r\n", "example.com example.org")]
    [InlineData("From: a@example.com\r\nFROM : b@example.org\r\n", "example.com example.org")]
    [InlineData("From: \"a@bank.example\" <a@evil.example>\r\n", "evil.example")]
    [InlineData("From: a@b\u00fccher.example\r\n", "xn--bcher-kva.example")]
    [InlineData("From: group: a@example.com;\r\n", "example.com")]
    [InlineData("From: undisclosed:;\r\n", "")]
    [InlineData("From: \r\n", "")]
    [InlineData("From: nobody\r\n", "")]
    [InlineData("From: Bank, Support <a@example.com>\r\n", "example.com")]
    [InlineData("From: A <a@\"bank.example\">\r\n", "bank.example")]
    [InlineData("From: A <\"a@bank.example\">\r\n", "bank.example")]
    [InlineData("From: a@\"b@bank.example\"\r\n", "bank.example")]
    [InlineData("From: A <a@bank.example\r\n", "bank.example")]
    [InlineData("From: a@bank.example>\r\n", "bank.example")]
    [InlineData("From: a@bank.example..\r\n", "bank.example")]
    [InlineData("From: a@bank.example, x@[\r\n", "bank.example [")]
    [InlineData("From: a@[192.0.2.1]\r\n", "[192.0.2.1]")]
    [InlineData("Subject: x\r\n\r\nFrom: a@example.com\r\n", "")]
    public void The_author_is_read_from_the_octets(string header, string expected) =>
        Assert.Equal(expected, string.Join(' ', AuthorDomains.Read(Encoding.UTF8.GetBytes(header))));

    [Fact]
    public void The_author_is_read_from_a_field_of_any_length()
    {
        string comment = string.Concat(Enumerable.Repeat(" " + new string('x', 70) + "\r\n", 1000));

        Assert.Equal(["bank.example"], AuthorDomains.Read(Encoding.ASCII.GetBytes($"From: A <a@bank.example> (\r\n{comment} )\r\n")));
    }

    [Fact]
    public void Every_domain_that_an_envelope_shows_is_an_authors()
    {
        string[] words =
        [
            "From:", "From :", "from:", "a@", "b@example.com", "c@\"bank.example\"", "\"d@bank.example\"", "example.org", "<", ">", "\"", "(", ")", ",", ";", ":", "\r\n", "\n", " ", "[", "]", "\\", "@", ".", "x",
        ];
        Gen.Int[0, words.Length - 1].Array[0, 20].Sample(header =>
        {
            byte[] octets = Encoding.UTF8.GetBytes("From: " + string.Concat(header.Select(at => words[at])) + "\r\n");
            IReadOnlyList<string> authors = AuthorDomains.Read(octets);
            return EnvelopeSummary.Read(MessageEnvelope.ToImapBytes(octets)).From.Select(address => address.Address).Where(address => address.Contains('@')).All(address =>
            {
                string host = address[(address.LastIndexOf('@') + 1)..].Trim([.. "<>()\"'\\,;:|."]);
                return !DnsName.TryNormalize(host, out string? normal) || normal.Length == 0 || authors.Contains(normal);
            });
        }, iter: 5000);
    }

    [Fact]
    public void Random_from_fields_and_records_give_a_result()
    {
        string[] words = ["From:", "From :", "a@", "example.com", "<", ">", "\"", "(", ")", ",", ";", ":", "\r\n", " ", "=?utf-8?q?x?=", "\\", "@", "\u00e9", "\0"];
        string[] tags = ["v=DMARC1", "p=reject", "sp=", "np=x", "psd=y", "psd=n", "t=y", "rua=,", ";", ";", "=", " ", "adkim=s", "p"];
        Gen.Select(Gen.Int[0, words.Length - 1].Array[0, 20], Gen.Int[0, tags.Length - 1].Array[0, 12]).Sample((header, record) =>
        {
            byte[] octets = Encoding.UTF8.GetBytes(string.Concat(header.Select(at => words[at])));
            string zone = $"_dmarc.example.com. TXT \"v=DMARC1;{string.Concat(record.Select(at => tags[at]))}\"";
            DmarcOutcome outcome = Evaluator(zone).EvaluateAsync(AuthorDomains.Read(octets), null, [], CancellationToken.None).AsTask().GetAwaiter().GetResult();
            return outcome.Result is DmarcResult.None or DmarcResult.Fail or DmarcResult.PermError;
        }, iter: 3000);
    }

    private static DmarcEvaluator Evaluator(string zone) =>
        new(new FailingResolver(ZoneTextResolver.Parse(zone), name => name.StartsWith("_dmarc.fail.", StringComparison.Ordinal)));
}
