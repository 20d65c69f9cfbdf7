using System.Text;
using CsCheck;
using Posthorn.Standards;

namespace Posthorn.Tests.Standards;

public sealed class AuthenticationResultsTests
{
    [Fact]
    public void Results_are_written_one_a_line() =>
        Assert.Equal(
            "Authentication-Results: mx.example.test;\r\n"
            + "\tspf=pass smtp.mailfrom=a@example.com;\r\n"
            + "\tdkim=fail reason=\"the body was changed\" header.d=example.com\r\n"
            + "\t header.s=sel header.b=\"AbCd/+==\";\r\n"
            + "\tdmarc=pass header.from=example.com\r\n",
            new AuthenticationResults("mx.example.test")
                .Add("spf", "pass", null, ("smtp.mailfrom", "a@example.com"))
                .Add("dkim", "fail", "the body was changed", ("header.d", "example.com"), ("header.s", "sel"), ("header.b", "AbCd/+=="))
                .Add("dmarc", "pass", null, ("header.from", "example.com"), ("policy.dmarc", ""))
                .ToField());

    [Fact]
    public void Nothing_checked_is_said() => // RFC 8601 §B.2
        Assert.Equal("Authentication-Results: mx.example.test; none\r\n", new AuthenticationResults("mx.example.test").ToField());

    [Theory]
    [InlineData("a@example.com", "a@example.com")]
    [InlineData("a b@example.com", "\"a b\"@example.com")]
    [InlineData("\"a b\"@example.com", "\"a b\"@example.com")]
    [InlineData("\"a\\\"b\"@example.com", "\"\\\"a\\\\\\\"b\\\"@example.com\"")]
    [InlineData("a@exa mple; dkim=pass", "\"a@exa mple; dkim=pass\"")]
    [InlineData("a\r\nX: y@example.com", "\"a??X: y\"@example.com")]
    [InlineData("\u00e9@example.com", "\"?\"@example.com")]
    [InlineData("[192.0.2.1]", "\"[192.0.2.1]\"")]
    public void Values_from_outside_cannot_break_the_field(string value, string expected) =>
        Assert.Contains($"smtp.mailfrom={expected}\r\n", new AuthenticationResults("mx").Add("spf", "none", null, ("smtp.mailfrom", value)).ToField(), StringComparison.Ordinal);

    [Fact]
    public void Random_values_stay_inside_their_line()
    {
        Gen.String.Array[1, 4].Sample(values =>
        {
            var results = new AuthenticationResults("mx");
            foreach (string value in values)
            {
                results.Add("spf", "none", value, ("smtp.mailfrom", value));
            }
            string field = results.ToField();
            RawHeader header = RawHeader.Read(Encoding.UTF8.GetBytes(field));
            return header.Fields.Count == 1 && Ascii(field) && field.EndsWith("\r\n", StringComparison.Ordinal);
        }, iter: 2000);

        static bool Ascii(string text) => text.All(c => c is >= ' ' and <= '~' or '\r' or '\n' or '\t');
    }

    [Theory]
    [InlineData("Authentication-Results: mx.example.test; spf=pass\r\n", true)]
    [InlineData("authentication-results : MX.Example.Test 1; spf=pass\r\n", true)]
    [InlineData("Authentication-Results:\r\n (a (nested\\) comment) ) mx.example.test; none\r\n", true)]
    [InlineData("Authentication-Results: \"mx.example.test\"; none\r\n", true)]
    [InlineData("Authentication-Results: \"mx.\\example.test\"; none\r\n", true)]
    [InlineData("Authentication-Results: mx.example.test", true)]
    [InlineData("Authentication-Results: other.test; mx.example.test=pass\r\n", false)]
    [InlineData("Authentication-Results: mx.example.test.other; none\r\n", false)]
    [InlineData("X-Authentication-Results: mx.example.test; none\r\n", false)]
    [InlineData("Authentication-Results: ; spf=pass\r\n", true)] // nobody can read whose it is
    [InlineData("Authentication-Results: (open mx.other\r\n", true)]
    [InlineData("Authentication-Results: \"open\r\n", true)]
    public void Fields_that_claim_our_name_are_found(string field, bool claimed)
    {
        byte[] header = Encoding.ASCII.GetBytes($"From: x\r\n{(field.EndsWith('\n') ? field + "To: y\r\n\r\n" : field)}");

        IReadOnlyList<Range> claims = AuthenticationResults.FindClaims(header, ["mx.example.test"]);

        Assert.Equal(claimed ? [field] : [], claims.Select(range => Encoding.ASCII.GetString(header[range])));
    }

    [Theory]
    [InlineData("mx; dmarc=pass header.from=example.net", true)]
    [InlineData("mx 1;\r\n\tspf=none;\r\n\t(checked) DMARC (here) = Pass (p=none)", true)]
    [InlineData("mx; spf=none smtp.mailfrom=\"a\\\"b\"@evil.example; dmarc=pass", true)]
    [InlineData("dmarc=pass", false)] // the name of the server
    [InlineData("mx; dmarc=passed", false)]
    [InlineData("mx; x-dmarc=pass", false)]
    [InlineData("mx; dmarc=fail; spf=pass", false)]
    [InlineData("mx; spf=none smtp.mailfrom=\"x dmarc=pass\"@evil.example; dmarc=fail", false)]
    [InlineData("mx; spf=none smtp.mailfrom=\"x; dmarc=pass\"@evil.example; dmarc=fail", false)]
    [InlineData("mx; spf=none reason=\"\\\"; dmarc=pass\"; dmarc=fail", false)]
    [InlineData("mx; spf=none (; dmarc=pass (); dmarc=pass)", false)]
    [InlineData("mx; spf=none smtp.mailfrom=\"open; dmarc=pass", false)]
    [InlineData("mx;", false)]
    public void A_result_is_what_begins_a_part_and_not_what_a_value_says(string value, bool isTold) =>
        Assert.Equal(isTold, AuthenticationResults.Tell(Encoding.ASCII.GetBytes($"Received: x; dmarc=pass\r\nAuthentication-Results: {value}\r\n"), "dmarc", "pass"));
}
