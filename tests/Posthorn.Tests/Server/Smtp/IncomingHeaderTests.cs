using System.Text;
using Posthorn.Server.Smtp.Content;

namespace Posthorn.Tests.Server.Smtp;

/// <summary>What is read from a header, and what must not go on.</summary>
public sealed class IncomingHeaderTests
{
    private const string HostName = "mx.example.test";

    [Theory]
    [InlineData("Authentication-Results: mx.example.test; spf=pass\r\n")]
    [InlineData("authentication-results:mx.example.test;spf=pass\r\n")]
    [InlineData("Authentication-Results : MX.Example.Test 1; none\r\n")]
    [InlineData("Authentication-Results:\r\n mx.example.test\r\n ; dkim=pass\r\n")]
    [InlineData("Authentication-Results: (a (nested \\) comment)) mx.example.test; none\r\n")]
    [InlineData("Authentication-Results: \"mx.example.test\"; none\r\n")]
    [InlineData("Authentication-Results: mx.example.test(comment); none\r\n")]
    [InlineData("Authentication-Results:\r\n")]
    [InlineData("Authentication-Results: mx.example.test\r\n")]
    public void Results_that_claim_our_name_are_dropped(string field)
    {
        var header = Read("From: a@example.net\r\n" + field + "Subject: x\r\n", isSubmission: false);
        Assert.Equal([21..(21 + field.Length)], header.Dropped);
    }

    [Theory]
    [InlineData("Authentication-Results: other.example.test; spf=pass\r\n")]
    [InlineData("Authentication-Results: mx.example.test.evil.example; spf=pass\r\n")]
    [InlineData("Authentication-Results: (mx.example.test) other.example; spf=pass\r\n")]
    [InlineData("X-Authentication-Results: mx.example.test; spf=pass\r\n")]
    [InlineData("ARC-Authentication-Results: i=1; mx.example.test; spf=pass\r\n")]
    [InlineData("Bcc: a@example.net\r\n")]
    public void Other_fields_stay_on_mail_from_elsewhere(string field) => Assert.Empty(Read(field, isSubmission: false).Dropped);

    [Fact]
    public void Blind_copies_are_dropped_on_submission()
    {
        const string header = "To: a@example.net\r\nBcc: b@example.net,\r\n\tc@example.net\r\nResent-Bcc: d@example.net\r\nSubject: Bcc: x\r\n";
        var dropped = Read(header, isSubmission: true).Dropped.Select(extent => header[extent]);
        Assert.Equal(["Bcc: b@example.net,\r\n\tc@example.net\r\n", "Resent-Bcc: d@example.net\r\n"], dropped);
    }

    [Fact]
    public void What_submission_asks_for_is_found()
    {
        var header = Read("DATE: x\r\nmessage-id: <1@x>\r\nFrom:\r\n a@example.net\r\nFrom: b@example.net\r\nReceived: x\r\nreceived: y\r\n", isSubmission: true);
        Assert.True(header.HasDate);
        Assert.True(header.HasMessageId);
        Assert.Equal(2, header.FromFields);
        Assert.Equal(2, header.ReceivedLines);
        Assert.Equal("\r\n a@example.net", Encoding.ASCII.GetString(header.From!));
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("just text\r\n", false)]
    [InlineData("Subject: x\r\n", true)]
    public void Text_in_place_of_a_header_is_told(string text, bool hasFields) => Assert.Equal(hasFields, Read(text, isSubmission: true).HasFields);

    private static IncomingHeader Read(string header, bool isSubmission) =>
        IncomingHeader.Read(Encoding.Latin1.GetBytes(header), HostName, isSubmission);
}
