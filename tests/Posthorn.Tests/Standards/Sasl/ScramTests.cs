using System.Security.Cryptography;
using System.Text;
using CsCheck;
using Posthorn.Standards.Sasl;

namespace Posthorn.Tests.Standards.Sasl;

public sealed class ScramTests
{
    private const string Rfc7677Nonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";

    private static readonly ScramKeys Pencil = ScramKeys.Create("pencil", 4096, Convert.FromBase64String("W22ZaJ0SNY7soEsUEjb6gQ=="));

    private static readonly byte[] EndPoint = SHA256.HashData("a certificate"u8);

    [Fact]
    public void Example_of_rfc_7677_succeeds()
    {
        // RFC 7677 §3
        var exchange = new ScramExchange(isPlus: false, serverEndPoint: null, Rfc7677Nonce);
        var need = Assert.IsType<SaslStep.NeedKeys>(exchange.Next("n,,n=user,r=rOprNGfwEbeRWgbNEkqO"u8));
        Assert.Equal("user", need.User);
        Assert.Equal("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", Challenge(need.Continue(Pencil)));
        Assert.Equal(
            "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
            Challenge(exchange.Next(
                "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="u8)));
        Assert.Equal(new SaslStep.Succeeded("user", "", Pencil), exchange.Next([]));
        Assert.IsType<SaslStep.Failed>(exchange.Next([]));
    }

    [Fact]
    public void First_message_of_rfc_5802_is_read()
    {
        // RFC 5802 §5: its numbers are of SHA-1, which is not offered; its grammar is the same.
        var exchange = new ScramExchange(isPlus: false, serverEndPoint: null, "3rfcNHYJY1ZVvWVs7j");
        var need = Assert.IsType<SaslStep.NeedKeys>(exchange.Next("n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL"u8));
        ScramKeys keys = ScramKeys.Create("pencil", 4096, Convert.FromBase64String("QSXCR+Q6sek8bf92"));
        Assert.Equal("r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096", Challenge(need.Continue(keys)));
    }

    [Theory]
    [InlineData(false, "n,,", false)]
    [InlineData(false, "n,,", true)]
    [InlineData(false, "y,,", false)]
    [InlineData(true, "p=tls-server-end-point,,", true)]
    [InlineData(false, "n,a=boss,", false)]
    public void Client_that_knows_the_password_gets_in(bool isPlus, string gs2, bool hasEndPoint)
    {
        var exchange = new ScramExchange(isPlus, hasEndPoint ? EndPoint : null);
        var client = new ScramClient("user", "pencil", gs2, isPlus ? EndPoint : []);
        Assert.Equal(new SaslStep.Succeeded("user", gs2.Contains("a=", StringComparison.Ordinal) ? "boss" : "", Pencil), client.Run(exchange, Pencil));
    }

    [Theory]
    [InlineData("pencil", 0)]
    [InlineData("crayon", 1)]
    [InlineData("chalk", null)]
    public void Any_password_of_a_user_gets_in_and_is_told_from_the_others(string password, int? fits)
    {
        ScramKeys[] keys = [Pencil, ScramKeys.Create("crayon", Pencil.Iterations, Pencil.Salt)];
        var exchange = new ScramExchange(isPlus: false, null);
        SaslStep end = new ScramClient("user", password, "n,,", []).Run(exchange, keys);
        Assert.Equal(fits is { } place ? keys[place] : null, (end as SaslStep.Succeeded)?.Keys);
        Assert.Equal(fits is null, end is SaslStep.Failed { Failure: SaslFailure.WrongCredentials });
    }

    [Fact]
    public void Keys_of_different_salts_cannot_serve_in_one_exchange()
    {
        var exchange = new ScramExchange(isPlus: false, null);
        var need = Assert.IsType<SaslStep.NeedKeys>(exchange.Next("n,,n=user,r=abc"u8));
        Assert.Throws<ArgumentException>(() => need.Continue([Pencil, ScramKeys.Create("crayon", Pencil.Iterations)]));
    }

    [Theory]
    [InlineData(true, "n,,", true)]
    [InlineData(true, "y,,", true)]
    [InlineData(false, "y,,", true)]
    [InlineData(false, "p=tls-server-end-point,,", true)]
    [InlineData(false, "p=tls-server-end-point,,", false)]
    [InlineData(true, "p=tls-server-end-point,,", false)]
    [InlineData(true, "p=tls-unique,,", true)]
    [InlineData(true, "p=tls-exporter,,", true)]
    [InlineData(false, "p=tls-exporter,,", true)]
    [InlineData(true, "p=tls-exporter,,", false)]
    public void Channel_binding_that_does_not_fit_is_refused(bool isPlus, string gs2, bool hasEndPoint)
    {
        SaslStep step = new ScramExchange(isPlus, hasEndPoint ? EndPoint : null).Next(Encoding.ASCII.GetBytes(gs2 + "n=user,r=abc"));
        Assert.Equal(SaslFailure.ChannelBinding, Assert.IsType<SaslStep.Failed>(step).Failure);
    }

    [Fact]
    public void Client_bound_to_another_certificate_is_refused()
    {
        var exchange = new ScramExchange(isPlus: true, EndPoint);
        SaslStep step = new ScramClient("user", "pencil", "p=tls-server-end-point,,", SHA256.HashData("another"u8)).Run(exchange, Pencil);
        Assert.Equal(SaslFailure.ChannelBinding, Assert.IsType<SaslStep.Failed>(step).Failure);
    }

    [Theory]
    [InlineData("n=a=2Cb=3Dc,r=abc", "a,b=c")]
    [InlineData("n=I\u00adX,r=abc", "IX")]
    [InlineData("n=user@example.org,r=abc,x=extension,y=another=1", "user@example.org")]
    public void User_name_is_unescaped_and_prepared(string bare, string user)
    {
        var exchange = new ScramExchange(isPlus: false, serverEndPoint: null);
        Assert.Equal(user, Assert.IsType<SaslStep.NeedKeys>(exchange.Next(Encoding.UTF8.GetBytes("n,," + bare))).User);
    }

    [Theory]
    [InlineData("")]
    [InlineData("n")]
    [InlineData("n,")]
    [InlineData("n,,")]
    [InlineData("x,,n=user,r=abc")]
    [InlineData("N,,n=user,r=abc")]
    [InlineData("n=,,n=user,r=abc")]
    [InlineData("p,,n=user,r=abc")]
    [InlineData("p=,,n=user,r=abc")]
    [InlineData("n,user,n=user,r=abc")]
    [InlineData("n,a=,n=user,r=abc")]
    [InlineData("n,a=x=y,n=user,r=abc")]
    [InlineData("n,,m=ext,n=user,r=abc")]
    [InlineData("n,,n=user")]
    [InlineData("n,,n=,r=abc")]
    [InlineData("n,,n=us=er,r=abc")]
    [InlineData("n,,n=us=2c,r=abc")]
    [InlineData("n,,n=user=,r=abc")]
    [InlineData("n,,n=us\0er,r=abc")]
    [InlineData("n,,n=us\u0007er,r=abc")]
    [InlineData("n,,n=\u00ad,r=abc")]
    [InlineData("n,,r=abc,n=user")]
    [InlineData("n,,n=user,r=")]
    [InlineData("n,,n=user,r=a b")]
    [InlineData("n,,n=user,r=a\u00fcb")]
    [InlineData("n,,n=user,R=abc")]
    [InlineData("n,,n=user,r=abc,")]
    [InlineData("n,,n=user,r=abc,x")]
    [InlineData("n,,n=user,r=abc,x=")]
    [InlineData("n,,n=user,r=abc,1=x")]
    [InlineData("n,,n=user,r=abc,m=late")]
    [InlineData("n,,n=user,r=abc,x=\0")]
    public void Malformed_first_message_fails(string message) =>
        AssertMalformed(new ScramExchange(isPlus: false, serverEndPoint: null).Next(Encoding.UTF8.GetBytes(message)));

    [Fact]
    public void Over_long_messages_fail()
    {
        AssertMalformed(new ScramExchange(isPlus: false, serverEndPoint: null).Next(Encoding.ASCII.GetBytes("n,,n=user,r=" + new string('a', 513))));
        AssertMalformed(new ScramExchange(isPlus: false, serverEndPoint: null).Next(Encoding.ASCII.GetBytes("n,,n=user,r=abc,x=" + new string('a', 5_000))));
        AssertMalformed(new ScramExchange(isPlus: false, serverEndPoint: null).Next([.. "n,,n="u8, 0xff, .. ",r=abc"u8]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("c=biws")]
    [InlineData("c=biws,r=abcNONCE")]
    [InlineData("c=biws,r=abcNONCE,p=")]
    [InlineData("c=biws,r=abcNONCE,p=AAAA")]
    [InlineData("c=biws,r=abcNONCE,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVR=")]
    [InlineData("c=biws,r=abcNONCE,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=,x=1")]
    [InlineData("c=biws,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")]
    [InlineData("c=biw,r=abcNONCE,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")]
    [InlineData("C=biws,r=abcNONCE,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")]
    [InlineData("r=abcNONCE,c=biws,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")]
    [InlineData("c=biws,r=abcNONCE,x,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")]
    [InlineData("c=biws,r=abcNONCE,m=1,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")]
    public void Malformed_final_message_fails(string message) => AssertMalformed(AtFinal().Next(Encoding.ASCII.GetBytes(message)));

    [Theory]
    [InlineData("c=biws,r=abcOTHER,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", SaslFailure.WrongCredentials)]
    [InlineData("c=biws,r=abc,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", SaslFailure.WrongCredentials)]
    [InlineData("c=biws,r=NONCE,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", SaslFailure.WrongCredentials)]
    [InlineData("c=eSws,r=abcNONCE,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", SaslFailure.ChannelBinding)]
    [InlineData("c=biwsAAAA,r=abcNONCE,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", SaslFailure.ChannelBinding)]
    [InlineData("c=biws,r=abcNONCE,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", SaslFailure.WrongCredentials)]
    public void Wrong_final_message_fails(string message, SaslFailure failure)
    {
        ScramExchange exchange = AtFinal();
        Assert.Equal(failure, Assert.IsType<SaslStep.Failed>(exchange.Next(Encoding.ASCII.GetBytes(message))).Failure);
        AssertMalformed(exchange.Next([]));
    }

    [Fact]
    public void Wrong_password_fails()
    {
        SaslStep step = new ScramClient("user", "pen", "n,,", []).Run(new ScramExchange(isPlus: false, serverEndPoint: null), Pencil);
        Assert.Equal(SaslFailure.WrongCredentials, Assert.IsType<SaslStep.Failed>(step).Failure);
    }

    [Fact]
    public void Unknown_user_gets_the_same_messages_until_the_proof()
    {
        ScramKeys keys = ScramKeys.ForUnknownUser("secret"u8, "nobody@example.org", ScramKeys.DefaultIterations);
        ScramKeys again = ScramKeys.ForUnknownUser("secret"u8, "nobody@example.org", ScramKeys.DefaultIterations);
        Assert.Equal(ScramKeys.SaltLength, keys.Salt.Length);
        Assert.Equal(keys.Format(), again.Format());
        Assert.NotEqual(keys.Format(), ScramKeys.ForUnknownUser("secret"u8, "other@example.org", ScramKeys.DefaultIterations).Format());
        Assert.NotEqual(keys.Format(), ScramKeys.ForUnknownUser("another"u8, "nobody@example.org", ScramKeys.DefaultIterations).Format());
        SaslStep step = new ScramClient("nobody@example.org", "pencil", "n,,", []).Run(new ScramExchange(isPlus: false, serverEndPoint: null), keys);
        Assert.Equal(SaslFailure.WrongCredentials, Assert.IsType<SaslStep.Failed>(step).Failure);
    }

    [Fact]
    public void Last_challenge_wants_an_empty_answer()
    {
        ScramExchange exchange = new(isPlus: false, serverEndPoint: null);
        Assert.IsType<SaslStep.Challenge>(new ScramClient("user", "pencil", "n,,", []).RunToVerifier(exchange, Pencil));
        AssertMalformed(exchange.Next("more"u8));
        AssertMalformed(exchange.Next([]));
    }

    [Fact]
    public void Keys_are_given_once()
    {
        var need = Assert.IsType<SaslStep.NeedKeys>(new ScramExchange(isPlus: false, serverEndPoint: null).Next("n,,n=user,r=abc"u8));
        Assert.IsType<SaslStep.Challenge>(need.Continue(Pencil));
        Assert.Throws<InvalidOperationException>(() => need.Continue(Pencil));
    }

    [Fact]
    public void Random_octets_never_throw()
    {
        Gen<byte[]> octets = Gen.OneOf(Gen.Byte.Array[0, 60], Gen.Char["npymcr=,ab\0iws"].Array[0, 24].Select(Encoding.ASCII.GetBytes));
        octets.Sample(first => new ScramExchange(isPlus: false, serverEndPoint: null).Next(first) is SaslStep.NeedKeys or SaslStep.Failed, iter: 20_000);
        octets.Sample(final => AtFinal().Next(final) is SaslStep.Failed, iter: 20_000);
    }

    private static ScramExchange AtFinal()
    {
        var exchange = new ScramExchange(isPlus: false, serverEndPoint: null, "NONCE");
        Assert.IsType<SaslStep.NeedKeys>(exchange.Next("n,,n=user,r=abc"u8)).Continue(Pencil);
        return exchange;
    }

    private static string Challenge(SaslStep step) => Encoding.ASCII.GetString(Assert.IsType<SaslStep.Challenge>(step).Message.Span);

    private static void AssertMalformed(SaslStep step) => Assert.Equal(SaslFailure.Malformed, Assert.IsType<SaslStep.Failed>(step).Failure);
}
