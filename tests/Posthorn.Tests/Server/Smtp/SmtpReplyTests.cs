using System.Text;
using Posthorn.Server.Smtp;

namespace Posthorn.Tests.Server.Smtp;

public sealed class SmtpReplyTests
{
    [Fact]
    public void One_line_has_code_enhanced_code_and_text() =>
        Assert.Equal("250 2.0.0 OK\r\n", Encoding.ASCII.GetString(SmtpReply.Ok.Encode()));

    [Fact]
    public void Each_of_many_lines_has_the_codes() =>
        Assert.Equal("214-2.0.0 one\r\n214 2.0.0 two\r\n", Encoding.ASCII.GetString(new SmtpReply(214, "2.0.0", "one\ntwo").Encode()));

    [Fact]
    public void Nothing_in_the_text_ends_the_line() =>
        Assert.Equal("250 a?b?\r\n", Encoding.ASCII.GetString(new SmtpReply(250, null, "a\rbä").Encode()));
}
