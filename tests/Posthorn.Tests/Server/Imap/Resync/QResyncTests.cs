using System.Text;
using Posthorn.Core.Mailboxes;
using Posthorn.Server.Imap;
using Posthorn.Server.Imap.Resync;

namespace Posthorn.Tests.Server.Imap.Resync;

public sealed class QResyncTests
{
    [Theory]
    [InlineData(" (1 2)", null, false)]
    [InlineData(" (4294967295 9223372036854775807)", null, false)]
    [InlineData(" (1 2 3)", "3", false)]
    [InlineData(" (1 2 9:5,1)", "1,5:9", false)]
    [InlineData(" (1 2 1:4294967295 (1 1))", "1:4294967295", true)]
    [InlineData(" (1 2 (1,3:4 2,7:8))", null, true)]
    public void A_parameter_is_read(string text, string? known, bool hasMatch)
    {
        var reader = new ImapReader(Encoding.ASCII.GetBytes(text), ImapDialect.None);
        QResync read = QResync.Read(ref reader);
        reader.End();
        Assert.Equal(known, read.KnownUids?.ToString());
        Assert.Equal(hasMatch, read.Match is not null);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ()")]
    [InlineData(" (1)")]
    [InlineData(" (1 )")]
    [InlineData(" (0 1)")]
    [InlineData(" (1 0)")]
    [InlineData(" (1 -1)")]
    [InlineData(" (1 2")]
    [InlineData(" (1 2 )")]
    [InlineData(" (1 2 *)")]
    [InlineData(" (1 2 1:*)")]
    [InlineData(" (1 2 $)")]
    [InlineData(" (1 2 0)")]
    [InlineData(" (1 2 1,)")]
    [InlineData(" (1 2 1 ())")]
    [InlineData(" (1 2 1 (1))")]
    [InlineData(" (1 2 1 (1 ))")]
    [InlineData(" (1 2 1 (1:2 1))")]
    [InlineData(" (1 2 1 (2,1 3,4))")]
    [InlineData(" (1 2 1 (1,2 4,3))")]
    [InlineData(" (1 2 1 (1:2,2 1:3))")]
    [InlineData(" (1 2 1 (* *))")]
    [InlineData(" (1 2 1 (1 1)")]
    [InlineData(" (1 2 (1 1) (1 1))")]
    public void Other_forms_are_refused(string text) => Assert.Throws<ImapSyntaxException>(() =>
    {
        var reader = new ImapReader(Encoding.ASCII.GetBytes(text), ImapDialect.None);
        QResync.Read(ref reader);
        reader.End();
    });

    // RFC 7162 §3.2.5.2: every third message is there.
    [Theory]
    [InlineData("(1,2,3 3,6,9)", 9u)]
    [InlineData("(1,2,3 3,6,10)", 6u)]
    [InlineData("(1 2)", 0u)]
    [InlineData("(2:3 6:7)", 6u)]
    [InlineData("(100 300)", 300u)]
    [InlineData("(100,101 300,303)", 300u)]
    [InlineData("(101 303)", 0u)]
    [InlineData("(1:4294967295 1:4294967295)", 0u)]
    public void A_pair_that_holds_tells_what_the_client_knows(string text, uint agreed)
    {
        MailboxSnapshot view = Views.Of(Enumerable.Range(1, 100).Select(i => (uint)i * 3));
        var reader = new ImapReader(Encoding.ASCII.GetBytes(text), ImapDialect.None);
        Assert.Equal(agreed, SequenceMatch.Read(ref reader).Agreed(view));
    }

    [Fact]
    public void What_the_client_was_told_stays_behind_while_expunges_are_held()
    {
        MailboxSnapshot first = At(Views.Of(1, 2, 3), 5), gone = At(Views.Of(1, 3), 6), later = At(Views.Of(1, 3, 4), 7);
        var selected = new SelectedMailbox(first, isReadOnly: false);
        selected.MoveOn(gone, expunges: false);
        selected.MoveOn(later, expunges: false);
        Assert.Equal(5, selected.ToldModSeq.Value);
        selected.MoveOn(later, expunges: true);
        Assert.Equal(7, selected.ToldModSeq.Value);
    }

    private static MailboxSnapshot At(MailboxSnapshot view, long modSeq) =>
        MailboxSnapshot.From(view.Mailbox with { HighestModSeq = new Posthorn.Core.ModSeq(modSeq) }, [.. view.Enumerate()]);
}
