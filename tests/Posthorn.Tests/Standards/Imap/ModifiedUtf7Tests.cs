using CsCheck;
using Posthorn.Standards.Imap;

namespace Posthorn.Tests.Standards.Imap;

/// <remarks>RFC 3501 §5.1.3.</remarks>
public sealed class ModifiedUtf7Tests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("INBOX", "INBOX")]
    [InlineData("R&D", "R&-D")]
    [InlineData("&&", "&-&-")]
    [InlineData("Entwürfe", "Entw&APw-rfe")]
    [InlineData("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-")]
    [InlineData("☺!", "&Jjo-!")]
    [InlineData("ü&", "&APw-&-")]
    [InlineData("📮", "&2D3c7g-")]
    [InlineData("tab\there", "tab&AAk-here")]
    public void A_name_and_its_encoding(string name, string encoded)
    {
        Assert.Equal(encoded, ModifiedUtf7.Encode(name));
        Assert.True(ModifiedUtf7.TryDecode(encoded, out string decoded));
        Assert.Equal(name, decoded);
    }

    [Theory]
    [InlineData("Entwürfe")]            // 8-bit
    [InlineData("a\tb")]                // control character
    [InlineData("a&")]                  // never ends
    [InlineData("a&APw")]               // never ends
    [InlineData("&APw=-")]              // padding
    [InlineData("&U/BTFw-")]            // '/' instead of ','
    [InlineData("&AP-")]                // half a character
    [InlineData("&A-")]                 // no whole octet
    [InlineData("&APx-")]               // bits left over
    [InlineData("&AGE-")]               // "a" stands for itself
    [InlineData("&U,BTFw-&ZeVnLIqe-")]  // superfluous shift
    [InlineData("&2D0-")]               // lone surrogate
    [InlineData("&AP w-")]
    [InlineData("&AP!w-")]
    public void What_the_encoder_would_not_write_is_refused(string encoded) => Assert.False(ModifiedUtf7.TryDecode(encoded, out _));

    [Fact]
    public void Every_name_comes_back() =>
        Gen.String[Gen.OneOf(Gen.Char[' ', '~'], Gen.Char['\u0000', '\ud7ff'], Gen.Char['\ue000', '\uffff']), 0, 40].Sample(name =>
        {
            Assert.True(ModifiedUtf7.TryDecode(ModifiedUtf7.Encode(name), out string decoded));
            Assert.Equal(name, decoded);
        });

    [Fact]
    public void What_decodes_encodes_to_itself() =>
        Gen.String[Gen.Char["&-,+/=AP8wé a"], 0, 16].Sample(text =>
        {
            if (ModifiedUtf7.TryDecode(text, out string name))
            {
                Assert.Equal(text, ModifiedUtf7.Encode(name));
            }
        });
}
