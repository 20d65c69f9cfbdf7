using Posthorn.Server.Smtp.Content;
using Posthorn.Standards.Dmarc;

namespace Posthorn.Tests.Server.Smtp;

/// <summary>RFC 9989 §7.</summary>
public sealed class DmarcRefusalTests
{
    [Fact]
    public void Mail_that_fails_a_policy_of_reject_is_refused_with_its_reason() =>
        Assert.Equal(
            "550 5.7.1 The owner of example.net asks to refuse such mail (DMARC): nothing aligned",
            Acceptance.DmarcRefusal(new DmarcOutcome(DmarcResult.Fail, DmarcPolicy.Reject, "example.net", Reason: "nothing aligned"))?.ToString());

    [Fact]
    public void Mail_of_too_many_authors_is_refused_in_nobodys_name() =>
        Assert.Equal(
            "550 5.7.1 Such mail is refused (DMARC): From names more than 8 domains",
            Acceptance.DmarcRefusal(new DmarcOutcome(DmarcResult.Fail, DmarcPolicy.Reject, "", Reason: "From names more than 8 domains"))?.ToString());

    [Theory]
    [InlineData(DmarcResult.Pass, DmarcPolicy.Reject)]
    [InlineData(DmarcResult.None, DmarcPolicy.None)]
    [InlineData(DmarcResult.TempError, DmarcPolicy.Reject)]
    [InlineData(DmarcResult.PermError, DmarcPolicy.Reject)]
    [InlineData(DmarcResult.Fail, DmarcPolicy.Quarantine)]
    [InlineData(DmarcResult.Fail, DmarcPolicy.None)]
    public void All_other_mail_passes(DmarcResult result, DmarcPolicy policy) =>
        Assert.Null(Acceptance.DmarcRefusal(new DmarcOutcome(result, policy, "example.net")));
}
