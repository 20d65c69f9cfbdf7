using System.Text;
using Posthorn.Standards.Dkim;

namespace Posthorn.Tests.Standards.Dkim;

/// <summary>A signature speaks for the fields that it names, and for one of each.</summary>
public sealed class DkimCoverageTests
{
    private static readonly DkimSignatureOutcome Passed = new(DkimResult.Pass, "example.net", "k", "rsa-sha256", "abcdefgh");

    [Theory]
    [InlineData("from:list-unsubscribe:list-unsubscribe-post", "", true)]
    [InlineData("From:List-Unsubscribe : List-Unsubscribe-Post", "", true)]
    [InlineData("from:list-unsubscribe", "", false)]
    [InlineData("from", "", false)]
    [InlineData("from:list-unsubscribe:list-unsubscribe-post", "List-Unsubscribe: <https://evil.test/>\r\n", false)]
    public void Both_fields_must_be_named_and_stand_there_once(string named, string more, bool covers)
    {
        byte[] header = Encoding.ASCII.GetBytes(
            $"{more}DKIM-Signature: v=1; a=rsa-sha256; d=example.net; s=k; h={named};\r\n bh=AAAA; b=abcdefghijkl\r\nFrom: a@example.net\r\nList-Unsubscribe: <https://example.net/u>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n");
        Assert.Equal(covers, DkimCoverage.Covers(header, Passed, "list-unsubscribe", "list-unsubscribe-post"));
    }

    [Fact]
    public void Another_signature_than_the_one_that_passed_counts_for_nothing()
    {
        byte[] header = Encoding.ASCII.GetBytes("DKIM-Signature: v=1; a=rsa-sha256; d=example.net; s=k; h=from:list-unsubscribe; bh=AAAA; b=otherother==\r\nList-Unsubscribe: x\r\n");
        Assert.False(DkimCoverage.Covers(header, Passed, "list-unsubscribe"));
    }
}
