using Posthorn.Core;
using Posthorn.Core.Mailboxes;
using Posthorn.Server.Imap.Notifying;

namespace Posthorn.Tests.Server.Imap.Notifying;

/// <summary>What is said of names when an account changed: RFC 5465 §5.4, §5.5. Mailboxes are given as id:name, a dot after the id for a bare container.</summary>
public sealed class AccountViewTests
{
    [Theory]
    [InlineData("1:INBOX", "1:INBOX", "")]
    [InlineData("1:INBOX", "1:INBOX 2:a", "a")]
    [InlineData("1:INBOX 2:a", "1:INBOX", "a!")]
    [InlineData("1:a", "1:a 2:a/b", "a/b a")]
    [InlineData("1:a 2:a/b", "1:a", "a/b! a")]
    [InlineData("1:a 2:a/b 3:a/b/c", "1:x 2:x/b 3:x/b/c", "x<a")]
    [InlineData("1:a 2:a/b", "1:a 2:c", "c<a/b")]
    [InlineData("1:a 2:a/b 3:a/b/c", "1:a 2:d 3:d/c", "d<a/b")]
    [InlineData("1:a 2:a/b", "1:x 2:x/y", "x<a x/y<a/b")]
    [InlineData("1.:a 2:a/b", "1:a 2:a/b", "a")]
    [InlineData("1:a", "2:a", "a")]
    [InlineData("1:a 2:b", "1:b 2:a", "b<a a<b")]
    public void Names_that_came_went_or_moved_are_told_once(string before, string now, string told) =>
        Assert.Equal(told, string.Join(' ', AccountView.Compare(View(before), View(now)).Select(named => $"{named.Name}{(named.OldName is null ? "" : "<" + named.OldName)}{(named.Exists ? "" : "!")}")));

    [Theory]
    [InlineData("", "a", "a SubscriptionChange True")]
    [InlineData("a", "", "a SubscriptionChange False")]
    [InlineData("nowhere", "nowhere", "")]
    public void Subscriptions_that_changed_are_told(string before, string now, string told) => Assert.Equal(
        told,
        string.Join(' ', AccountView.Compare(View("1:a", before), View("1:a", now)).Select(named => $"{named.Name} {named.Events} {named.IsSubscribed}")));

    [Fact]
    public void A_name_that_came_and_was_subscribed_is_one_event()
    {
        NameEvent named = Assert.Single(AccountView.Compare(View(""), View("1:a", "a")));
        Assert.Equal((NotifyEvents.MailboxName | NotifyEvents.SubscriptionChange, true, true), (named.Events, named.Exists, named.IsSubscribed));
    }

    [Fact]
    public void What_a_session_did_itself_explains_only_what_came_of_it()
    {
        var own = new OwnChanges();
        own.Created("a/b");
        own.Subscribed("a", true);
        Assert.All(AccountView.Compare(View("1:INBOX"), View("1:INBOX 2:a 3:a/b", "a")), named => Assert.True(own.Explains(named)));

        // Another session undid it in the same moment, or did more.
        Assert.All(AccountView.Compare(View("2:a 3:a/b"), View("")).Where(named => named.Cause is null), named => Assert.False(own.Explains(named)));
        Assert.False(own.Explains(Assert.Single(AccountView.Compare(View("1:c"), View("1:c 2:d")))));
        own.Clear();
        Assert.All(AccountView.Compare(View(""), View("2:a")), named => Assert.False(own.Explains(named)));
    }

    private static AccountView View(string mailboxes, string subscriptions = "") => new(
        [.. mailboxes.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Mailbox)], subscriptions.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    private static Mailbox Mailbox(string text)
    {
        string[] parts = text.Split(':');
        bool isContainer = parts[0].EndsWith('.');
        long id = long.Parse(parts[0].TrimEnd('.'), System.Globalization.CultureInfo.InvariantCulture);
        return new Mailbox(new MailboxId(id), parts[1], new UidValidity(1), 1, new ModSeq(1), 0, 0, 0, 0, SpecialUse.None, isContainer, []);
    }
}
