using Posthorn.Core.Mailboxes;

namespace Posthorn.Tests.Core.Access;

/// <summary>Which names lead into another account.</summary>
public sealed class NamespacesTests
{
    [Theory]
    [InlineData("Other Users/bob@example.test/INBOX", false, "bob@example.test", "INBOX")]
    [InlineData("Other Users/Bob@Example.test/inbox/A", false, "bob@example.test", "INBOX/A")]
    [InlineData("Shared/info@example.test/A/B", true, "info@example.test", "A/B")]
    [InlineData("Shared/info@example.test", true, "info@example.test", "")]
    public void A_name_with_an_address_leads_to_its_account(string name, bool isShared, string address, string inner)
    {
        Assert.True(Namespaces.TrySplit(name, out bool shared, out string owner, out string rest));
        Assert.Equal((isShared, address, inner), (shared, owner, rest));
    }

    [Theory]
    [InlineData("INBOX")]
    [InlineData("Shared")]
    [InlineData("Shared/Projects")]
    [InlineData("Other Users")]
    [InlineData("Other Users/")]
    [InlineData("other users/bob@example.test/INBOX")]
    [InlineData("Sharedbob@example.test/INBOX")]
    public void Others_are_ones_own(string name) => Assert.False(Namespaces.TrySplit(name, out _, out _, out _));
}
