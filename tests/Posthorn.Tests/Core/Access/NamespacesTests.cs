using Posthorn.Core;
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

    [Fact]
    public async Task No_mailbox_gets_a_name_that_means_anothers()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailboxes mailboxes = store.Get<Mailboxes>();
        Assert.IsType<Refusal.Invalid>((await mailboxes.CreateAsync(store.Actor, store.Account, "Shared/bob@example.test/A", SpecialUse.None, TestContext.Current.CancellationToken)).Refusal);
        Assert.True((await mailboxes.CreateAsync(store.Actor, store.Account, "Shared/Projects", SpecialUse.None, TestContext.Current.CancellationToken)).IsOk);
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
