using Posthorn.Core.Mailboxes;
using Posthorn.Server.Imap;

namespace Posthorn.Tests.Server.Imap;

public sealed class SelectedMailboxTests
{
    [Fact]
    public void While_expunges_are_held_gone_messages_keep_their_places_and_new_ones_come()
    {
        var selected = new SelectedMailbox(Views.Of(1, 2, 3), isReadOnly: false);
        ViewChanges held = selected.MoveOn(Views.Of(1, 3, 4), expunges: false);
        Assert.True(held.Differences.Vanished.IsEmpty);
        Assert.Equal(4u, Assert.Single(held.Differences.Added).Uid);
        Assert.Equal(3, selected.View.IndexOf(4));
        Assert.True(selected.HoldsExpunges);
    }

    [Fact]
    public void Held_expunges_are_told_once_when_they_may()
    {
        var selected = new SelectedMailbox(Views.Of(1, 2, 3), isReadOnly: false);
        MailboxSnapshot newest = Views.Of(1, 3, 4);
        selected.MoveOn(newest, expunges: false);
        Assert.Equal("2", selected.MoveOn(newest, expunges: true).Differences.Vanished.ToString());
        Assert.True(selected.MoveOn(newest, expunges: true).Differences.IsEmpty);
        Assert.False(selected.HoldsExpunges);
    }

    [Fact]
    public void The_same_snapshot_changes_nothing()
    {
        MailboxSnapshot snapshot = Views.Of(1, 2);
        Assert.True(new SelectedMailbox(snapshot, isReadOnly: false).MoveOn(snapshot, expunges: true).Differences.IsEmpty);
    }
}
