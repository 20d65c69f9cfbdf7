using Posthorn.Core.Security;

namespace Posthorn.Tests.Core.Security;

/// <summary>How hard a password is to guess, as the page tells it.</summary>
public sealed class PasswordStrengthTests
{
    [Theory]
    [InlineData("", PasswordLevel.TooShort)]
    [InlineData("Xk4$pQ9", PasswordLevel.TooShort)]
    [InlineData("password", PasswordLevel.Common)]
    [InlineData("PassWord", PasswordLevel.Common)]
    [InlineData("password1234", PasswordLevel.Common)]
    [InlineData("sunshine!", PasswordLevel.Common)]
    [InlineData("you@example.test", PasswordLevel.Own)]
    [InlineData("aaaaaaaaaaaaaaaa", PasswordLevel.Weak)]
    [InlineData("abcdefghijklmnop", PasswordLevel.Weak)]
    [InlineData("asdfghjklöä", PasswordLevel.Weak)]
    [InlineData("correct horse battery staple", PasswordLevel.Strong)]
    [InlineData("battery staple 7", PasswordLevel.Strong)]
    [InlineData("kühle Wörter", PasswordLevel.Strong)]
    public void Levels(string password, PasswordLevel level) => Assert.Equal(level, PasswordStrength.Of(password, "you@example.test"));

    [Theory]
    [InlineData("margarete", "margarete@example.test", PasswordLevel.Own)]
    [InlineData("margarete2024", "margarete@example.test", PasswordLevel.Own)]
    [InlineData("margarete goes home", "margarete@example.test", PasswordLevel.Strong)]
    public void An_address_is_no_password(string password, string address, PasswordLevel level) => Assert.Equal(level, PasswordStrength.Of(password, address));

    [Fact]
    public void What_is_fair_or_better_can_be_taken()
    {
        Assert.Null(PasswordStrength.Object("correct horse battery staple", "you@example.test"));
        Assert.Equal(PasswordLevel.Common, PasswordStrength.Object("password", "you@example.test"));
    }
}
