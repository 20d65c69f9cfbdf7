using CsCheck;
using Posthorn.Standards.Smtp;
using Posthorn.Standards.Srs;

namespace Posthorn.Tests.Standards.Srs;

public sealed class Srs1Tests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero);
    private static readonly byte[] Key = [.. "a secret of the store"u8];
    private static readonly byte[] OtherKey = [.. "a secret of another store"u8];

    [Theory]
    [InlineData("SRS0=HHH=TT=example.org=ann@first.test", "SRS0=HHH=TT=example.org=ann@first.test")]
    [InlineData("SRS0+HHH=TT=example.org=ann@first.test", "SRS0+HHH=TT=example.org=ann@first.test")]
    [InlineData("SRS0-HHH=TT=example.org=a=b@first.test", "SRS0-HHH=TT=example.org=a=b@first.test")]
    [InlineData("srs0=hhh=tt=example.org=ann@first.test", "SRS0=hhh=tt=example.org=ann@first.test")]
    [InlineData("SRS1=hash=first.test==HHH=TT=example.org=ann@second.test", "SRS0=HHH=TT=example.org=ann@first.test")]
    [InlineData("SRS1+hash=first.test=+HHH=TT=example.org=ann@second.test", "SRS0+HHH=TT=example.org=ann@first.test")]
    public void What_others_rewrote_finds_its_way_to_the_first_of_them(string sender, string first)
    {
        Assert.True(Srs1.IsRewritten(EmailAddress.Parse(sender)));
        EmailAddress? rewritten = Srs1.Write(EmailAddress.Parse(sender), "example.test", Key);
        Assert.NotNull(rewritten);
        Assert.Matches("^SRS1=[a-z2-7]{8}=first\\.test=[=+-].*@example\\.test$", rewritten.ToString());
        Assert.True(Srs1.Is(rewritten));
        Assert.False(Srs0.Is(rewritten));
        Assert.True(Srs1.TryRead(EmailAddress.Parse(rewritten.ToString()), Key, out EmailAddress? back));
        Assert.Equal(first, back.ToString());
        Assert.True(Srs1.TryRead(EmailAddress.Parse(rewritten.ToString().ToLowerInvariant()), Key, out _));
    }

    [Fact]
    public void Three_servers_in_a_row_bring_a_bounce_back_to_who_wrote()
    {
        EmailAddress one = Srs0.Write(EmailAddress.Parse("ann@example.org"), "first.test", Key, Now)!;
        EmailAddress two = Srs1.Write(one, "second.test", OtherKey)!;
        EmailAddress three = Srs1.Write(two, "third.test", Key)!;
        Assert.Equal(two.LocalPart.Length, three.LocalPart.Length);

        Assert.True(Srs1.TryRead(three, Key, out EmailAddress? back));
        Assert.Equal(one.ToString(), back.ToString());
        Assert.True(Srs0.TryRead(back, Key, Now, out EmailAddress? sender));
        Assert.Equal("ann@example.org", sender.ToString());
    }

    [Theory]
    [InlineData("ann@example.org")]
    [InlineData("SRS0@example.org")]
    [InlineData("SRS0x=1@example.org")]
    [InlineData("SRS1=@example.org")]
    [InlineData("SRS1=hash=@example.org")]
    [InlineData("SRS1=hash=host@example.org")]
    [InlineData("SRS1=hash=host=@example.org")]
    [InlineData("SRS1=hash=host=rest@example.org")]
    [InlineData("SRS1=hash===rest@example.org")]
    public void What_nobody_rewrote_gets_no_such_form(string sender)
    {
        Assert.False(Srs1.IsRewritten(EmailAddress.Parse(sender)));
        Assert.Null(Srs1.Write(EmailAddress.Parse(sender), "example.test", Key));
    }

    [Fact]
    public void Nobody_makes_or_changes_one_without_the_key()
    {
        string rewritten = Srs1.Write(EmailAddress.Parse("SRS0=HHH=TT=example.org=ann@first.test"), "example.test", Key)!.ToString();
        Assert.False(Srs1.TryRead(EmailAddress.Parse(rewritten), OtherKey, out _));
        foreach (string changed in new[]
        {
            rewritten.Replace("first.test", "victim.test", StringComparison.Ordinal), rewritten.Replace("=ann@", "=eve@", StringComparison.Ordinal),
            "SRS1=@example.test", "SRS1=aaaaaaaa=first.test==HHH=TT=example.org=ann@example.test", "SRS1==first.test==x@example.test", "ann@example.test",
        })
        {
            Assert.False(Srs1.TryRead(EmailAddress.Parse(changed), Key, out _), changed);
        }
    }

    [Fact]
    public void One_that_would_be_too_long_is_not_written() => Assert.Null(
        Srs1.Write(EmailAddress.Parse("SRS0=abcdefgh=ab=mail.example.org=a-rather-long-name-of-ours@relay.first.test"), "example.test", Key));

    [Fact]
    public void Never_throws_and_never_reads_what_it_did_not_write() => Gen.String.Sample(
        text => Assert.False(EmailAddress.TryParse($"SRS1={text}@example.test", out EmailAddress? address) && Srs1.TryRead(address, Key, out _)), iter: 2_000);
}
