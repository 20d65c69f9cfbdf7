using Posthorn.Core.Delivery;
using Posthorn.Server.Delivery.Checks;
using Posthorn.Server.Smtp.Content;
using Posthorn.Standards.Dmarc;
using Posthorn.Standards.Spf;

namespace Posthorn.Tests.Server.Smtp;

/// <summary>What is found against a message: whether it may be answered, whether it may go on.</summary>
public sealed class SuspicionTests
{
    [Theory]
    [InlineData(SpfResult.None, DmarcResult.None, Suspicion.None)]
    [InlineData(SpfResult.SoftFail, DmarcResult.None, Suspicion.None)]
    [InlineData(SpfResult.TempError, DmarcResult.TempError, Suspicion.None)]
    [InlineData(SpfResult.Fail, DmarcResult.None, Suspicion.Sender)]
    [InlineData(SpfResult.Fail, DmarcResult.PermError, Suspicion.Sender)]
    [InlineData(SpfResult.Fail, DmarcResult.Pass, Suspicion.None)]
    [InlineData(SpfResult.Pass, DmarcResult.Fail, Suspicion.Message)]
    [InlineData(SpfResult.Fail, DmarcResult.Fail, Suspicion.Message)]
    public void By_the_checks(SpfResult spf, DmarcResult dmarc, Suspicion expected) => Assert.Equal(expected, Acceptance.SuspicionOf(
        new SenderVerdict(new SpfOutcome(spf, "example.org"), [], new DmarcOutcome(dmarc, DmarcPolicy.None, "example.org"), "")));

    [Fact]
    public void Who_signed_in_is_not_suspected() => Assert.Equal(Suspicion.None, Acceptance.SuspicionOf(null));
}
