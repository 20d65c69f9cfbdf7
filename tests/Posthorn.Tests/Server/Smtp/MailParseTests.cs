using System.Globalization;
using Posthorn.Core.Delivery;
using Posthorn.Server.Smtp.Commands;

namespace Posthorn.Tests.Server.Smtp;

public sealed class MailParseTests
{
    [Theory]
    [InlineData("MAIL FROM:<>", "")]
    [InlineData("MAIL FROM:<a@example.net>", "a@example.net")]
    [InlineData("mail from:<a@example.net>", "a@example.net")]
    [InlineData("MAIL FROM: <a@example.net>  ", "a@example.net")]
    [InlineData("MAIL FROM:<@one.example,@two.example:a@example.net>", "a@example.net")]
    [InlineData("MAIL FROM:<\"a b\"@example.net>", "\"a b\"@example.net")]
    [InlineData("MAIL FROM:<\"a>b\\\">\"@example.net>", "\"a>b\\\">\"@example.net")]
    [InlineData("MAIL FROM:<a@[192.0.2.1]>", "a@[192.0.2.1]")]
    public void Reverse_path_is_read(string line, string path) => Assert.Equal(path, CommandParse.Line<Mail>(line).Path);

    [Theory]
    [InlineData("MAIL", "501 5.5.4")]
    [InlineData("MAIL a@example.net", "501 5.5.4")]
    [InlineData("MAIL TO:<a@example.net>", "501 5.5.4")]
    [InlineData("MAIL FROM:", "501 5.1.7")]
    [InlineData("MAIL FROM:a@example.net", "501 5.1.7")]
    [InlineData("MAIL FROM:<a@example.net", "501 5.1.7")]
    [InlineData("MAIL FROM:<\"a@example.net>", "501 5.1.7")]
    [InlineData("MAIL FROM:<a@example.net>SIZE=1", "501 5.1.7")]
    [InlineData("MAIL FROM:<a@example.net>>", "501 5.1.7")]
    [InlineData("MAIL FROM:<a>", "553 5.1.3")]
    [InlineData("MAIL FROM:<@example.net>", "553 5.1.3")]
    [InlineData("MAIL FROM:<a@>", "553 5.1.3")]
    [InlineData("MAIL FROM:<a@b@example.net>", "553 5.1.3")]
    [InlineData("MAIL FROM:<a b@example.net>", "553 5.1.3")]
    [InlineData("MAIL FROM:<a@exa mple.net>", "553 5.1.3")]
    [InlineData("MAIL FROM:<a\0@example.net>", "501 5.5.2")]
    [InlineData("MAIL FROM:<a\xff@example.net> SMTPUTF8", "501 5.5.2")]
    [InlineData("MAIL FROM:<\xc3\xa4@example.net>", "553 5.6.7")]
    [InlineData("MAIL FROM:<a@example.net> SIZE", "501 5.5.4")]
    [InlineData("MAIL FROM:<a@example.net> SIZE=", "501 5.5.4")]
    [InlineData("MAIL FROM:<a@example.net> SIZE=-1", "501 5.5.4")]
    [InlineData("MAIL FROM:<a@example.net> SIZE=1 SIZE=1", "501 5.5.4")]
    [InlineData("MAIL FROM:<a@example.net> SIZE=123456789012345678901", "501 5.5.4")]
    [InlineData("MAIL FROM:<a@example.net> BODY=9BIT", "501 5.5.4")]
    [InlineData("MAIL FROM:<a@example.net> RET=ALL", "501 5.5.4")]
    [InlineData("MAIL FROM:<a@example.net> RET=FULL RET=FULL", "501 5.5.4")]
    [InlineData("MAIL FROM:<a@example.net> ENVID=a+2", "501 5.5.4")]
    [InlineData("MAIL FROM:<a@example.net> ENVID=a+GG", "501 5.5.4")]
    [InlineData("MAIL FROM:<a@example.net> ENVID=a ENVID=b", "555 5.5.4")]
    [InlineData("MAIL FROM:<a@example.net> SMTPUTF8=1", "555 5.5.4")]
    [InlineData("MAIL FROM:<a@example.net> AUTH", "501 5.5.4")]
    [InlineData("MAIL FROM:<a@example.net> HOLDFOR=0", "501 5.5.4")]
    [InlineData("MAIL FROM:<a@example.net> HOLDFOR=1234567890", "501 5.5.4")]
    [InlineData("MAIL FROM:<a@example.net> HOLDUNTIL=tomorrow", "501 5.5.4")]
    [InlineData("MAIL FROM:<a@example.net> HOLDFOR=1 HOLDUNTIL=2030-01-01T00:00:00Z", "555 5.5.4")]
    [InlineData("MAIL FROM:<a@example.net> X-UNKNOWN=1", "555 5.5.4")]
    [InlineData("MAIL FROM:<a@example.net> =1", "501 5.5.4")]
    [InlineData("MAIL FROM:<a@example.net> S\xc3ZE=1", "501 5.5.4")]
    public void Malformed_lines_are_refused(string line, string reply) => Assert.Equal(reply, CommandParse.Refusal(line));

    [Fact]
    public void All_parameters_are_read()
    {
        var mail = CommandParse.Line<Mail>(
            "MAIL FROM:<\xc3\xa4@example.net> size=100 BODY=8bitmime SMTPUTF8 RET=HDRS ENVID=QQ+2B1 AUTH=<> REQUIRETLS HOLDFOR=60");
        Assert.Equal("ä@example.net", mail.Path);
        Assert.Equal(100, mail.Size);
        Assert.Equal(BodyType.EightBitMime, mail.Body);
        Assert.True(mail.IsSmtpUtf8);
        Assert.Equal(DsnReturn.Headers, mail.Return);
        Assert.Equal("QQ+1", mail.EnvelopeId);
        Assert.True(mail.RequireTls);
        Assert.Equal(TimeSpan.FromMinutes(1), mail.HoldFor);
    }

    [Theory]
    [InlineData("2030-01-31T08:00:00Z")]
    [InlineData("2030-01-31T09:00:00+01:00")]
    [InlineData("2030-01-31T08:00:00.0Z")]
    public void Hold_until_is_a_time_of_RFC_3339(string time)
    {
        var mail = CommandParse.Line<Mail>($"MAIL FROM:<a@example.net> HOLDUNTIL={time}");
        Assert.Equal(DateTimeOffset.Parse("2030-01-31T08:00:00Z", CultureInfo.InvariantCulture), mail.HoldUntil);
    }

    [Fact]
    public void A_size_beyond_all_numbers_is_the_largest() =>
        Assert.Equal(long.MaxValue, CommandParse.Line<Mail>("MAIL FROM:<a@example.net> SIZE=99999999999999999999").Size);
}
