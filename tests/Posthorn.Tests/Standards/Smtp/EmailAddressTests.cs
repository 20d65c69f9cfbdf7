using System.Text;
using CsCheck;
using Posthorn.Standards.Smtp;

namespace Posthorn.Tests.Standards.Smtp;

public sealed class EmailAddressTests
{
    [Theory]
    [InlineData("user@example.org", "user@example.org")]
    [InlineData("User@Example.ORG", "User@example.org")]
    [InlineData("!#$%&'*+-/=?^_`{|}~@example.org", "!#$%&'*+-/=?^_`{|}~@example.org")]
    [InlineData("first.last@a.b.c.example", "first.last@a.b.c.example")]
    [InlineData("root@localhost", "root@localhost")]
    [InlineData("u@3com.example", "u@3com.example")]
    [InlineData("u@a--b.example", "u@a--b.example")]
    [InlineData("\"user\"@example.org", "user@example.org")]
    [InlineData("\"first.last\"@example.org", "first.last@example.org")]
    [InlineData("\"u\\s\\e\\r\"@example.org", "user@example.org")]
    [InlineData("\"Joe\\,Smith\"@example.org", "\"Joe,Smith\"@example.org")]
    [InlineData("\"a b\"@example.org", "\"a b\"@example.org")]
    [InlineData("\"a@b\"@example.org", "\"a@b\"@example.org")]
    [InlineData("\"a\\\"b\\\\c\"@example.org", "\"a\\\"b\\\\c\"@example.org")]
    [InlineData("\"a..b\"@example.org", "\"a..b\"@example.org")]
    [InlineData("\".\"@example.org", "\".\"@example.org")]
    [InlineData("\"\"@example.org", "\"\"@example.org")]
    [InlineData("u@[192.0.2.1]", "u@[192.0.2.1]")]
    [InlineData("u@[192.000.02.1]", "u@[192.0.2.1]")]
    [InlineData("u@[IPv6:2001:DB8:0:0:0:0:0:1]", "u@[IPv6:2001:db8::1]")]
    [InlineData("u@[ipv6:2001:db8::1]", "u@[IPv6:2001:db8::1]")]
    [InlineData("u@[IPv6:::ffff:192.0.2.1]", "u@[IPv6:::ffff:192.0.2.1]")]
    [InlineData("jürgen@example.org", "jürgen@example.org")]
    [InlineData("用户@例子.example", "用户@xn--fsqu00a.example")]
    [InlineData("u@BÜCHER.example", "u@xn--bcher-kva.example")]
    [InlineData("u@XN--BCHER-KVA.example", "u@xn--bcher-kva.example")]
    [InlineData("\"ü b\"@example.org", "\"ü b\"@example.org")]
    [InlineData("😀@example.org", "😀@example.org")]
    public void Mailbox_is_read_and_written_with_minimum_quoting(string text, string written)
    {
        Assert.True(EmailAddress.TryParse(text, out EmailAddress? address));
        Assert.Equal(written, address.ToString());
        Assert.Equal(address, EmailAddress.Parse(written));
        Assert.True(EmailAddress.TryParse(Encoding.UTF8.GetBytes(text), out EmailAddress? fromBytes));
        Assert.Equal(address, fromBytes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("@")]
    [InlineData("user")]
    [InlineData("user@")]
    [InlineData("@example.org")]
    [InlineData(" user@example.org")]
    [InlineData("user@example.org ")]
    [InlineData("us er@example.org")]
    [InlineData("<user@example.org>")]
    [InlineData("user@@example.org")]
    [InlineData("a@b@example.org")]
    [InlineData(".user@example.org")]
    [InlineData("user.@example.org")]
    [InlineData("us..er@example.org")]
    [InlineData("us,er@example.org")]
    [InlineData("us(er)@example.org")]
    [InlineData("us\"er@example.org")]
    [InlineData("\"user@example.org")]
    [InlineData("\"user\"x@example.org")]
    [InlineData("\"us\"er\"@example.org")]
    [InlineData("\"user\\")]
    [InlineData("\"user\\\"@example.org")]
    [InlineData("\"us\u0007er\"@example.org")]
    [InlineData("\"us\r\ner\"@example.org")]
    [InlineData("\"us\\\u00fcer\"@example.org")]
    [InlineData("us\u0000er@example.org")]
    [InlineData("us\u007fer@example.org")]
    [InlineData("us\u0085er@example.org")]
    [InlineData("us\ufffeer@example.org")]
    [InlineData("user@.example.org")]
    [InlineData("user@example.org.")]
    [InlineData("user@example..org")]
    [InlineData("user@-example.org")]
    [InlineData("user@example-.org")]
    [InlineData("user@exa_mple.org")]
    [InlineData("user@exam ple.org")]
    [InlineData("user@example.org\r\nRCPT TO:<x@example.org>")]
    [InlineData("user@example.org:25")]
    [InlineData("user@ex\u0000ample.org")]
    [InlineData("user@[192.0.2]")]
    [InlineData("user@[192.0.2.1.1]")]
    [InlineData("user@[192.0.2.256]")]
    [InlineData("user@[192.0.2.0001]")]
    [InlineData("user@[192.0.2.+1]")]
    [InlineData("user@[192.0.2.1")]
    [InlineData("user@192.0.2.1]")]
    [InlineData("user@[]")]
    [InlineData("user@[")]
    [InlineData("user@[2001:db8::1]")]
    [InlineData("user@[IPv6:]")]
    [InlineData("user@[IPv6:2001:db8::1%eth0]")]
    [InlineData("user@[IPv6:[::1]]")]
    [InlineData("user@[IPv6:192.0.2.1]")]
    [InlineData("user@[IPv6:1:2:3]")]
    [InlineData("user@[X-new:abc]")]
    [InlineData("user@[192.0.2.1]x")]
    public void Malformed_mailbox_is_refused(string text)
    {
        Assert.False(EmailAddress.TryParse(text, out _));
        Assert.Throws<FormatException>(() => EmailAddress.Parse(text));
    }

    [Theory]
    [InlineData('\ud83d')]
    [InlineData('\ude00')]
    public void Half_a_surrogate_pair_is_refused(char half)
    {
        Assert.False(EmailAddress.TryParse($"a{half}@example.org", out _));
        Assert.False(EmailAddress.TryParse($"a@{half}.example", out _));
    }

    [Fact]
    public void Octets_that_are_not_utf8_are_refused() => Assert.False(EmailAddress.TryParse([0xfc, (byte)'@', (byte)'x'], out _));

    [Theory]
    [InlineData("User@Example.org", "user@example.org", "user", null)]
    [InlineData("User+News@Example.org", "user@example.org", "user", "news")]
    [InlineData("user+a+b@example.org", "user@example.org", "user", "a+b")]
    [InlineData("user+@example.org", "user@example.org", "user", "")]
    [InlineData("+tag@example.org", "+tag@example.org", "+tag", null)]
    [InlineData("\"User+a b\"@example.org", "user@example.org", "user", "a b")]
    [InlineData("\"Two Words+tag\"@example.org", "\"two words\"@example.org", "two words", "tag")]
    [InlineData("\"user\"@example.org", "user@example.org", "user", null)]
    [InlineData("JÜRGEN@Bücher.example", "jürgen@xn--bcher-kva.example", "jürgen", null)]
    [InlineData("ju\u0308rgen@example.org", "jürgen@example.org", "jürgen", null)]
    public void Canonical_folds_case_quotes_and_tag(string text, string canonical, string user, string? tag)
    {
        EmailAddress address = EmailAddress.Parse(text);
        Assert.Equal(canonical, address.Canonical);
        Assert.Equal(user, address.User);
        Assert.Equal(tag, address.Tag);
        Assert.Equal(canonical, EmailAddress.Parse(canonical).Canonical);
    }

    [Fact]
    public void Case_of_the_local_part_counts_for_equality_but_not_that_of_the_domain()
    {
        Assert.NotEqual(EmailAddress.Parse("User@example.org"), EmailAddress.Parse("user@example.org"));
        Assert.Equal(EmailAddress.Parse("user@EXAMPLE.org"), EmailAddress.Parse("\"user\"@example.org"));
    }

    [Theory]
    [InlineData("jürgen@example.org", true)]
    [InlineData("u@bücher.example", false)]
    [InlineData("u@example.org", false)]
    public void Only_the_local_part_needs_smtputf8(string text, bool needs) => Assert.Equal(needs, EmailAddress.Parse(text).NeedsSmtpUtf8);

    [Theory]
    [InlineData("u@xn--bcher-kva.example", "u@bücher.example")]
    [InlineData("u@xn--a.example", "u@xn--a.example")]
    [InlineData("u@example.org", "u@example.org")]
    [InlineData("u@[192.0.2.1]", "u@[192.0.2.1]")]
    public void Display_shows_u_labels_that_lead_back(string text, string display) => Assert.Equal(display, EmailAddress.Parse(text).Display);

    [Theory]
    [InlineData(64, 10, true)]
    [InlineData(65, 10, false)]
    [InlineData(64, 189, true)]
    [InlineData(64, 190, false)]
    [InlineData(1, 252, true)]
    [InlineData(1, 253, false)]
    public void Lengths_are_limited(int localPart, int domain, bool isGood) =>
        Assert.Equal(isGood, EmailAddress.TryParse($"{new string('a', localPart)}@{DomainOf(domain)}", out _));

    [Fact]
    public void Length_of_the_local_part_counts_octets()
    {
        Assert.True(EmailAddress.TryParse($"{new string('ü', 32)}@example.org", out _));
        Assert.False(EmailAddress.TryParse($"{new string('ü', 33)}@example.org", out _));
        Assert.False(EmailAddress.TryParse($"u@{new string('a', 64)}.example", out _));
        Assert.False(EmailAddress.TryParse($"u@{new string('a', 100_000)}", out _));
    }

    [Fact]
    public void Random_octets_never_throw_and_what_parses_reads_back()
    {
        Gen.OneOf(Gen.Byte.Array[0, 40], Gen.Char["ab.+@\"\\ []:-ü6IPvx"].Array[0, 24].Select(letters => Encoding.UTF8.GetBytes(letters))).Sample(
            octets => !EmailAddress.TryParse(octets, out EmailAddress? address)
                || (EmailAddress.Parse(address.ToString()) == address && EmailAddress.TryParse(address.Canonical, out _)),
            iter: 20_000);
    }

    private static string DomainOf(int length)
    {
        var domain = new StringBuilder();
        while (length - domain.Length > 63)
        {
            domain.Append('d', Math.Min(62, length - domain.Length - 2)).Append('.');
        }
        return domain.Append('d', length - domain.Length).ToString();
    }
}
