using CsCheck;
using Posthorn.Standards.Sasl;

namespace Posthorn.Tests.Standards.Sasl;

public sealed class SaslPrepTests
{
    [Theory]
    // RFC 4013 §3
    [InlineData("I\u00adX", "IX")]
    [InlineData("user", "user")]
    [InlineData("USER", "USER")]
    [InlineData("\u00aa", "a")]
    [InlineData("\u2168", "IX")]
    // RFC 4013 §2.1 and §2.2
    [InlineData("", "")]
    [InlineData("\u00ad", "")]
    [InlineData("a\u00a0b\u3000c", "a b c")]
    [InlineData("\u200bx", " x")] // In both tables of §2.1; the first counts.
    [InlineData("a\u0340", "\u00e0")] // Prohibited, but normalisation comes first.
    [InlineData("u\u0308", "\u00fc")]
    [InlineData("pass\u00e9 \u20ac", "pass\u00e9 \u20ac")]
    // RFC 3454 §6
    [InlineData("\u0627\u0628", "\u0627\u0628")]
    [InlineData("\u06271\u0628", "\u06271\u0628")]
    // Unassigned in Unicode 3.2
    [InlineData("\U0001f600\U0001f980", "\U0001f600\U0001f980")]
    public void Text_is_prepared(string text, string expected)
    {
        Assert.True(SaslPrep.TryPrepare(text, out string? prepared));
        Assert.Equal(expected, prepared);
    }

    [Theory]
    // RFC 4013 §3
    [InlineData("\u0007")]
    [InlineData("\u0627\u0031")]
    // RFC 4013 §2.3, one of each table
    [InlineData("a\u007f")]
    [InlineData("a\u0085")]
    [InlineData("a\u06dd")]
    [InlineData("a\ue000")]
    [InlineData("a\U000f0000")]
    [InlineData("a\ufdd0")]
    [InlineData("a\uffff")]
    [InlineData("a\U0001ffff")]
    [InlineData("a\ufffd")]
    [InlineData("a\u2ff0")]
    [InlineData("a\u200e")]
    [InlineData("a\U000e0001")]
    // RFC 3454 §6
    [InlineData("\u0627a\u0628")]
    [InlineData("1\u0627")]
    [InlineData("a\u0627")]
    public void Prohibited_text_is_refused(string text) => Assert.False(SaslPrep.TryPrepare(text, out _));

    [Fact]
    public void Half_a_surrogate_pair_is_refused()
    {
        Assert.False(SaslPrep.TryPrepare(['a', '\ud800'], out _));
        Assert.False(SaslPrep.TryPrepare(['\udc00', 'a'], out _));
    }

    [Fact]
    public void Random_text_never_throws_and_prepared_text_stays_as_it_is() =>
        Gen.Char.Array[0, 12].Sample(
            letters => !SaslPrep.TryPrepare(letters, out string? prepared) || (SaslPrep.TryPrepare(prepared, out string? again) && again == prepared),
            iter: 50_000);
}
