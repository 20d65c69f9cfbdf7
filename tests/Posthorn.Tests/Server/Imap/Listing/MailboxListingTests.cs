using Posthorn.Core;
using Posthorn.Core.Mailboxes;
using Posthorn.Server.Imap.Listing;

namespace Posthorn.Tests.Server.Imap.Listing;

public sealed class MailboxListingTests
{
    private static readonly string[] Names = ["baz2", "baz2/bar2", "baz2/bar22", "baz2/bar222", "eps2", "eps2/mamba", "foo2", "foo2/bar1", "foo2/bar2", "qux2/bar2"];
    private static readonly string[] Subscribed =
        ["foo2/bar1", "foo2/bar2", "baz2/bar2", "baz2/bar22", "baz2/bar222", "eps2", "eps2/mamba", "qux2/bar2"];

    // RFC 9051 §6.3.9.8, example 8
    [Fact]
    public void Childinfo_is_told_for_parents_whose_children_are_not_all_told()
    {
        var listing = new MailboxListing([.. Names.Select(name => Named(name))], Subscribed);

        IEnumerable<string> told = listing
            .List(ListSelection.Subscribed | ListSelection.RecursiveMatch, [new ListPattern("", "*2")])
            .Select(listed => $"{listed.Name} {listed.IsSubscribed} {listed.ChildInfo}");

        Assert.Equal(
            [
                "baz2/bar2 True None",
                "baz2/bar22 True None",
                "baz2/bar222 True None",
                "eps2 True Subscribed",
                "foo2 False Subscribed",
                "foo2/bar2 True None",
                "qux2/bar2 True None",
            ],
            told);
    }

    [Fact]
    public void A_subscribed_name_without_mailbox_is_told_only_where_subscriptions_are_asked_for()
    {
        var listing = new MailboxListing([Named("a")], ["a", "b/c"]);

        Assert.Equal(["a"], listing.List(ListSelection.None, [new ListPattern("", "*")]).Select(listed => listed.Name));
        Assert.Equal(["a", "b/c"], listing.List(ListSelection.Subscribed, [new ListPattern("", "*")]).Select(listed => listed.Name));
    }

    [Fact]
    public void A_container_is_told_and_cannot_be_selected()
    {
        var listing = new MailboxListing([Named("a") with { IsContainer = true }, Named("a/b")], []);

        ListedMailbox[] told = [.. listing.List(ListSelection.None, [new ListPattern("", "*")])];

        Assert.False(told[0].IsSelectable);
        Assert.True(told[0].HasChildren);
        Assert.True(told[1].IsSelectable);
    }

    [Fact]
    public void Inbox_comes_first_and_a_name_that_meets_two_patterns_once()
    {
        var listing = new MailboxListing([Named("Archive"), Named("INBOX")], []);

        Assert.Equal(["INBOX", "Archive"], listing.List(ListSelection.None, [new ListPattern("", "*"), new ListPattern("", "%")]).Select(listed => listed.Name));
    }

    // RFC 3501 §6.3.9
    [Fact]
    public void Lsub_tells_the_parent_of_a_subscribed_name_that_the_pattern_cuts_off()
    {
        var listing = new MailboxListing([], ["foo/bar", "foo/bar/baz", "top"]);

        Assert.Equal([("foo", false), ("top", true)], listing.Lsub(new ListPattern("", "%")));
        Assert.Equal([("foo/bar", true)], listing.Lsub(new ListPattern("", "foo/%")));
    }

    private static Mailbox Named(string name) =>
        new(new MailboxId(1), name, new UidValidity(1), 1, new ModSeq(1), 0, 0, 0, 0, SpecialUse.None, IsContainer: false, []);
}
