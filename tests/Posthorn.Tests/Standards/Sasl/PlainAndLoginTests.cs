using System.Text;
using CsCheck;
using Posthorn.Standards.Sasl;

namespace Posthorn.Tests.Standards.Sasl;

public sealed class PlainAndLoginTests
{
    [Theory]
    // RFC 4616 §4
    [InlineData("\0tim\0tanstaaftanstaaf", "", "tim", "tanstaaftanstaaf")]
    [InlineData("Ursel\0Kurt\0xipj3plmq", "Ursel", "Kurt", "xipj3plmq")]
    [InlineData("\0user@example.org\0p\u00e4ss w\u00f6rd", "", "user@example.org", "p\u00e4ss w\u00f6rd")]
    [InlineData("\0I\u00adX\0\u2168", "", "IX", "IX")]
    public void Plain_message_asks_for_the_password_check(string message, string authorizationId, string user, string password)
    {
        SaslStep step = new PlainExchange().Next(Encoding.UTF8.GetBytes(message));
        Assert.Equal(new SaslStep.CheckPassword(authorizationId, user, password), step);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\0")]
    [InlineData("\0\0")]
    [InlineData("tim")]
    [InlineData("tim\0pass")]
    [InlineData("\0tim\0")]
    [InlineData("\0\0pass")]
    [InlineData("\0tim\0pass\0")]
    [InlineData("\0tim\0pa\0ss")]
    [InlineData("\0tim\u0007\0pass")]
    [InlineData("\0tim\0pa\u0007ss")]
    [InlineData("\u0007\0tim\0pass")]
    [InlineData("\0\u00ad\0pass")]
    [InlineData("\0tim\0\u00ad")]
    public void Malformed_plain_message_fails(string message) => AssertMalformed(new PlainExchange().Next(Encoding.UTF8.GetBytes(message)));

    [Fact]
    public void Plain_refuses_bad_utf8_and_too_much()
    {
        AssertMalformed(new PlainExchange().Next([0, 0xff, 0, (byte)'p']));
        AssertMalformed(new PlainExchange().Next(Encoding.ASCII.GetBytes("\0tim\0" + new string('p', 5_000))));
        AssertMalformed(new PlainExchange().Next(Encoding.ASCII.GetBytes("\0tim\0" + new string('p', 1_021))));
        Assert.IsType<SaslStep.CheckPassword>(new PlainExchange().Next(Encoding.ASCII.GetBytes("\0tim\0" + new string('p', 1_020))));
    }

    [Fact]
    public void Plain_without_initial_response_begins_with_an_empty_challenge_and_takes_one_message()
    {
        var exchange = new PlainExchange();
        Assert.True(exchange.Begin().Message.IsEmpty);
        Assert.IsType<SaslStep.CheckPassword>(exchange.Next("\0tim\0pass"u8));
        AssertMalformed(exchange.Next("\0tim\0pass"u8));
    }

    [Fact]
    public void Login_asks_for_user_and_password()
    {
        var exchange = new LoginExchange();
        Assert.Equal("Username:", Encoding.ASCII.GetString(exchange.Begin().Message.Span));
        var challenge = Assert.IsType<SaslStep.Challenge>(exchange.Next("tim"u8));
        Assert.Equal("Password:", Encoding.ASCII.GetString(challenge.Message.Span));
        Assert.Equal(new SaslStep.CheckPassword("", "tim", "tanstaaftanstaaf"), exchange.Next("tanstaaftanstaaf"u8));
        AssertMalformed(exchange.Next("tim"u8));
    }

    [Theory]
    [InlineData("", "pass")]
    [InlineData("tim\0", "pass")]
    [InlineData("tim\u0007", "pass")]
    [InlineData("tim", "")]
    [InlineData("tim", "pa\0ss")]
    [InlineData("tim", "\u00ad")]
    public void Malformed_login_message_fails(string user, string password)
    {
        var exchange = new LoginExchange();
        SaslStep step = exchange.Next(Encoding.UTF8.GetBytes(user));
        AssertMalformed(step is SaslStep.Challenge ? exchange.Next(Encoding.UTF8.GetBytes(password)) : step);
    }

    [Fact]
    public void Login_refuses_bad_utf8_and_too_much()
    {
        AssertMalformed(new LoginExchange().Next([0xc3]));
        AssertMalformed(new LoginExchange().Next(new byte[100_000]));
    }

    [Fact]
    public void A_password_does_not_show_itself_in_logs() =>
        Assert.DoesNotContain("pass", new PlainExchange().Next("\0tim\0pass"u8).ToString(), StringComparison.Ordinal);

    [Fact]
    public void Random_octets_never_throw()
    {
        Gen<byte[]> octets = Gen.OneOf(Gen.Byte.Array[0, 60], Gen.Byte[0, 3].Array[0, 8]);
        octets.Sample(message => new PlainExchange().Next(message) is SaslStep.CheckPassword or SaslStep.Failed);
        Gen.Select(octets, octets).Sample((user, password) =>
        {
            var exchange = new LoginExchange();
            return exchange.Next(user) is not null && exchange.Next(password) is SaslStep.CheckPassword or SaslStep.Failed;
        });
    }

    private static void AssertMalformed(SaslStep step) => Assert.Equal(SaslFailure.Malformed, Assert.IsType<SaslStep.Failed>(step).Failure);
}
