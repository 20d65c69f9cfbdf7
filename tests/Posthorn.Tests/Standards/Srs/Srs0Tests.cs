using CsCheck;
using Posthorn.Standards.Smtp;
using Posthorn.Standards.Srs;

namespace Posthorn.Tests.Standards.Srs;

public sealed class Srs0Tests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero);
    private static readonly byte[] Key = [.. "a secret of the store"u8];

    [Theory]
    [InlineData("ann@example.org")]
    [InlineData("Ann.Ott+news@sub.example.org")]
    [InlineData("a=b=c@example.org")]
    [InlineData("\"two words\"@example.org")]
    public void What_was_rewritten_finds_its_way_back(string sender)
    {
        EmailAddress? rewritten = Srs0.Write(EmailAddress.Parse(sender), "example.test", Key, Now);
        Assert.NotNull(rewritten);
        Assert.Equal("example.test", rewritten.Domain);
        Assert.True(Srs0.Is(rewritten));
        Assert.True(Srs0.TryRead(EmailAddress.Parse(rewritten.ToString()), Key, Now, out EmailAddress? back));
        Assert.Equal(sender, back.ToString());
    }

    [Fact]
    public void It_has_the_form_that_other_servers_know() => Assert.Matches(
        "^SRS0=[a-z2-7]{8}=[a-z2-7]{2}=example\\.org=ann@example\\.test$", Srs0.Write(EmailAddress.Parse("ann@example.org"), "example.test", Key, Now)!.ToString());

    [Fact]
    public void A_host_on_the_way_may_fold_its_case()
    {
        string rewritten = Srs0.Write(EmailAddress.Parse("Ann@example.org"), "example.test", Key, Now)!.ToString();
        Assert.True(Srs0.TryRead(EmailAddress.Parse(rewritten.ToLowerInvariant()), Key, Now, out EmailAddress? lower));
        Assert.Equal("ann@example.org", lower.ToString());
        Assert.True(Srs0.TryRead(EmailAddress.Parse(rewritten.ToUpperInvariant()), Key, Now, out _));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(14, true)]
    [InlineData(15, false)]
    [InlineData(1000, false)]
    [InlineData(-1, false)]
    public void It_is_good_for_two_weeks(int days, bool isValid)
    {
        EmailAddress rewritten = Srs0.Write(EmailAddress.Parse("ann@example.org"), "example.test", Key, Now)!;
        Assert.Equal(isValid, Srs0.TryRead(rewritten, Key, Now.AddDays(days), out _));
    }

    [Fact]
    public void Nobody_makes_or_changes_one_without_the_key()
    {
        string rewritten = Srs0.Write(EmailAddress.Parse("ann@example.org"), "example.test", Key, Now)!.ToString();
        Assert.False(Srs0.TryRead(EmailAddress.Parse(rewritten), [.. "another"u8], Now, out _));
        foreach (string changed in new[]
        {
            rewritten.Replace("=ann@", "=eve@", StringComparison.Ordinal), rewritten.Replace("example.org", "example.net", StringComparison.Ordinal),
            "SRS0=@example.test", "SRS0=aaaaaaaa=aa=example.org=ann@example.test", "SRS0=aaaaaaaa=\u00e9\u00e9=example.org=ann@example.test",
            "SRS0=\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9=aa=b=c@example.test", "SRS0=aaaaaaaa=aa=example.org@example.test", "ann@example.test",
        })
        {
            Assert.False(Srs0.TryRead(EmailAddress.Parse(changed), Key, Now, out _), changed);
        }
    }

    [Fact]
    public void A_sender_that_would_be_too_long_is_not_rewritten() =>
        Assert.Null(Srs0.Write(EmailAddress.Parse("bounces+0123456789-0123456789-you=example.test@mail.example.org"), "example.test", Key, Now));

    [Fact]
    public void Never_throws_and_never_reads_what_it_did_not_write() => Gen.String.Sample(
        text => Assert.False(EmailAddress.TryParse($"SRS0={text}@example.test", out EmailAddress? address) && Srs0.TryRead(address, Key, Now, out _)), iter: 2_000);
}
