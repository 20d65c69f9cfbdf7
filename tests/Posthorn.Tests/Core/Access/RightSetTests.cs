using Posthorn.Core.Access;
using Posthorn.Core.Messages;

namespace Posthorn.Tests.Core.Access;

/// <summary>Rights as letters: RFC 4314 §2.1.</summary>
public sealed class RightSetTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("lrs", "lrs")]
    [InlineData("srl", "lrs")]
    [InlineData("lrswida", "lrswitead")]
    [InlineData("lrswikda", "lrswikteacd")]
    [InlineData("c", "kxc")]
    [InlineData("k", "kc")]
    [InlineData("t", "td")]
    [InlineData("lrswipkxtea", "lrswipkxteacd")]
    public void Letters_are_read_and_written_with_those_of_before(string text, string written)
    {
        Assert.True(RightSet.TryParse(text, out RightSet rights));
        Assert.Equal(written, rights.ToString());
    }

    [Theory]
    [InlineData("L")]
    [InlineData("lrQs")]
    [InlineData("q")]
    [InlineData("l r")]
    [InlineData("1")]
    public void Other_letters_are_refused(string text) => Assert.False(RightSet.TryParse(text, out _));

    [Theory]
    [InlineData("lr", MessageFlags.None)]
    [InlineData("s", MessageFlags.Seen)]
    [InlineData("t", MessageFlags.Deleted)]
    [InlineData("w", MessageFlags.Answered | MessageFlags.Flagged | MessageFlags.Draft)]
    [InlineData("swt", MessageFlags.System)]
    public void Flags_go_by_their_rights(string text, MessageFlags flags)
    {
        Assert.True(RightSet.TryParse(text, out RightSet rights));
        Assert.Equal(flags, rights.ChangeableFlags & MessageFlags.System);
    }

    [Theory]
    [InlineData("s", false)]
    [InlineData("w", false)]
    [InlineData("p", false)]
    [InlineData("l", true)]
    [InlineData("i", true)]
    [InlineData("a", true)]
    public void Some_rights_reveal_the_mailbox(string text, bool reveals)
    {
        Assert.True(RightSet.TryParse(text, out RightSet rights));
        Assert.Equal(reveals, rights.Reveals);
    }
}
