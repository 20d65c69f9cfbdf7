using Posthorn.Core.Delivery;
using Posthorn.Server.Smtp.Commands;

namespace Posthorn.Tests.Server.Smtp;

public sealed class RcptParseTests
{
    [Theory]
    [InlineData("RCPT TO:<you@example.test>", "you@example.test")]
    [InlineData("rcpt to: <you@example.test>", "you@example.test")]
    [InlineData("RCPT TO:<@relay.example:you@example.test>", "you@example.test")]
    [InlineData("RCPT TO:<\"@a:b\"@example.test>", "\"@a:b\"@example.test")]
    public void Forward_path_is_read(string line, string path) => Assert.Equal(path, CommandParse.Line<Rcpt>(line).Path);

    [Theory]
    [InlineData("RCPT TO:<postmaster>")]
    [InlineData("RCPT TO:<PostMaster>")]
    public void Postmaster_needs_no_domain(string line) => Assert.Null(CommandParse.Line<Rcpt>(line).Address);

    [Theory]
    [InlineData("NOTIFY=NEVER", DsnNotify.Never)]
    [InlineData("NOTIFY=success", DsnNotify.Success)]
    [InlineData("NOTIFY=FAILURE,DELAY,SUCCESS", DsnNotify.Failure | DsnNotify.Delay | DsnNotify.Success)]
    public void Notify_is_read(string parameter, DsnNotify notify) =>
        Assert.Equal(notify, CommandParse.Line<Rcpt>($"RCPT TO:<you@example.test> {parameter}").Notify);

    [Fact]
    public void Original_recipient_is_kept_as_given() =>
        Assert.Equal("rfc822;a+2Bb@example.net", CommandParse.Line<Rcpt>("RCPT TO:<you@example.test> ORCPT=rfc822;a+2Bb@example.net").OriginalRecipient);

    [Theory]
    [InlineData("RCPT", "501 5.5.4")]
    [InlineData("RCPT FROM:<you@example.test>", "501 5.5.4")]
    [InlineData("RCPT TO:you@example.test", "501 5.1.7")]
    [InlineData("RCPT TO:<>", "553 5.1.3")]
    [InlineData("RCPT TO:<you>", "553 5.1.3")]
    [InlineData("RCPT TO:<@relay.example>", "553 5.1.3")]
    [InlineData("RCPT TO:<you@example.test> NOTIFY=", "501 5.5.4")]
    [InlineData("RCPT TO:<you@example.test> NOTIFY=NEVER,SUCCESS", "501 5.5.4")]
    [InlineData("RCPT TO:<you@example.test> NOTIFY=SUCCESS,", "501 5.5.4")]
    [InlineData("RCPT TO:<you@example.test> NOTIFY=NEVER NOTIFY=NEVER", "555 5.5.4")]
    [InlineData("RCPT TO:<you@example.test> ORCPT=you@example.test", "501 5.5.4")]
    [InlineData("RCPT TO:<you@example.test> ORCPT=rfc822;", "501 5.5.4")]
    [InlineData("RCPT TO:<you@example.test> ORCPT=rfc822;a+2", "501 5.5.4")]
    [InlineData("RCPT TO:<you@example.test> SIZE=1", "555 5.5.4")]
    public void Malformed_lines_are_refused(string line, string reply) => Assert.Equal(reply, CommandParse.Refusal(line));
}
