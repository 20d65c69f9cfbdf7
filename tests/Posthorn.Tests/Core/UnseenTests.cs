using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;

namespace Posthorn.Tests.Core;

/// <summary>Finding the first message that is not seen looks at the ends of a mailbox, whatever its size.</summary>
public sealed class UnseenTests
{
    private const int Length = 4;

    // '.' is seen, '*' is not, '|' ends a chunk; '?' is a chunk that must not be looked at: looking at it would throw.
    [Theory]
    [InlineData("....|....", 0, null)]
    [InlineData("?|?|?", 0, null)]
    [InlineData("..*.|?|?|*...", 2, 2)]
    [InlineData("****|?|?|?", 12, 0)]
    [InlineData("....|?|?|..*.", 1, 14)]
    [InlineData("....|....|?|?|*...|..**", 3, 16)]
    [InlineData("....|..*.|....|*...", 2, 6)]
    [InlineData("....|....|.*..|....|*...", 2, 9)]
    [InlineData("...*", 1, 3)]
    [InlineData("", 0, null)]
    public void Of_a_whole_mailbox_it_is_found_from_the_nearer_end(string mailbox, int count, int? position) =>
        Assert.Equal(position, Unseen.First(Chunks(mailbox), Starts(mailbox, 0), count, areAll: true));

    [Theory]
    [InlineData("....|..*.|*...", 2, 106)]
    [InlineData("?|?|*...", 1, 108)]
    [InlineData("....|..*.|*...", 3, null)]
    [InlineData("....|....", 1, null)]
    [InlineData("?|?", 0, null)]
    public void Of_the_newest_messages_it_is_found_where_all_unseen_ones_are_among_them(string newest, int count, int? position) =>
        Assert.Equal(position, Unseen.First(Chunks(newest), Starts(newest, 100), count, areAll: false));

    private static MessageEntry[][] Chunks(string mailbox) =>
        [.. mailbox.Split('|').Select(static chunk => chunk == "?" ? null! : chunk.Select(static sign => new MessageEntry(1, sign == '.' ? MessageFlags.Seen : MessageFlags.None, default)).ToArray())];

    private static int[] Starts(string mailbox, int first) => [.. mailbox.Split('|').Select((_, index) => first + index * Length)];
}
