using System.Text;
using CsCheck;
using Posthorn.Standards.Sasl;

namespace Posthorn.Tests.Standards.Sasl;

public sealed class SaslBase64Tests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("AA==", "\0")]
    [InlineData("dGlt", "tim")]
    [InlineData("AHRpbQB0YW5zdGFhZnRhbnN0YWFm", "\0tim\0tanstaaftanstaaf")]
    public void Line_is_decoded(string line, string message)
    {
        var reply = Assert.IsType<SaslReply.Message>(SaslBase64.Decode(Encoding.ASCII.GetBytes(line)));
        Assert.Equal(message, Encoding.UTF8.GetString(reply.Octets.Span));
    }

    [Theory]
    [InlineData("=")]
    [InlineData("A")]
    [InlineData("dGl")]
    [InlineData("dGlt=")]
    [InlineData("dGltAA")]
    [InlineData("dGlt ")]
    [InlineData(" dGlt")]
    [InlineData("dG lt")]
    [InlineData("dGlt\r\n\r\n")]
    [InlineData("dG=t")]
    [InlineData("====")]
    [InlineData("AB==")]
    [InlineData("AAB=")]
    [InlineData("AA==AA==")]
    [InlineData("dGl-")]
    [InlineData("dGl_")]
    [InlineData("**")]
    [InlineData("dGl\0")]
    public void Line_that_is_not_canonical_base64_is_refused(string line) =>
        Assert.IsType<SaslReply.Malformed>(SaslBase64.Decode(Encoding.ASCII.GetBytes(line)));

    [Fact]
    public void Star_cancels_but_not_as_initial_response()
    {
        Assert.IsType<SaslReply.Cancelled>(SaslBase64.Decode("*"u8));
        Assert.IsType<SaslReply.Malformed>(SaslBase64.DecodeInitial("*"u8));
    }

    [Fact]
    public void Equals_sign_is_an_empty_initial_response()
    {
        Assert.True(Assert.IsType<SaslReply.Message>(SaslBase64.DecodeInitial("="u8)).Octets.IsEmpty);
        Assert.IsType<SaslReply.Malformed>(SaslBase64.DecodeInitial([]));
        Assert.Equal(3, Assert.IsType<SaslReply.Message>(SaslBase64.DecodeInitial("dGlt"u8)).Octets.Length);
    }

    [Fact]
    public void Line_over_the_limit_is_too_long_whatever_is_in_it()
    {
        byte[] line = new byte[SaslBase64.MaxLine];
        Array.Fill(line, (byte)'A');
        Assert.IsType<SaslReply.Message>(SaslBase64.Decode(line));
        Assert.IsType<SaslReply.TooLong>(SaslBase64.Decode([.. line, (byte)'A']));
        Assert.IsType<SaslReply.TooLong>(SaslBase64.DecodeInitial([.. line, (byte)'!']));
    }

    [Fact]
    public void A_message_does_not_show_itself_in_logs() =>
        Assert.DoesNotContain("tim", SaslBase64.Decode("dGlt"u8).ToString(), StringComparison.Ordinal);

    [Fact]
    public void Any_message_comes_back_and_no_line_throws()
    {
        Gen.Byte.Array[0, 100].Sample(octets =>
            SaslBase64.Decode(Encoding.ASCII.GetBytes(SaslBase64.Encode(octets))) is SaslReply.Message message && message.Octets.Span.SequenceEqual(octets));
        Gen.Byte.Array[0, 40].Sample(line => SaslBase64.Decode(line) is not null && SaslBase64.DecodeInitial(line) is not null);
    }
}
