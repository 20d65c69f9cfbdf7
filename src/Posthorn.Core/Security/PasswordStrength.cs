using System.Text;

namespace Posthorn.Core.Security;

public enum PasswordLevel
{
    TooShort,

    /// <summary>One of those that everybody tries first.</summary>
    Common,

    /// <summary>The address, or part of it.</summary>
    Own,
    Weak,
    Fair,
    Good,
    Strong,
}

/// <summary>How hard a password is to guess, roughly: letters that repeat or continue a row count for little.</summary>
/// <remarks>
/// The same sums as in Web/Security/account.js, which shows them as one types; the list of common passwords is here alone. NIST SP 800-63B §5.1.1.2: a length of eight
/// at least, no rules of composition, comparison with known ones.
/// </remarks>
public static class PasswordStrength
{
    /// <summary>Characters.</summary>
    public const int MinLength = 8;

    /// <summary>What a letter is worth that repeats the one before it, or is its neighbour in the alphabet, the digits or a row of the keyboard.</summary>
    private const double Foreseeable = 0.25;

    private const double WeakBelow = 30;
    private const double FairBelow = 50;
    private const double GoodBelow = 70;

    /// <summary>Shorter parts of an address are in too many passwords by chance.</summary>
    private const int MinOwnLength = 4;

    private static readonly string[] Rows = ["abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "qwertzuiopü", "asdfghjklöä", "yxcvbnm", "zxcvbnm"];

    public static PasswordLevel Of(string password, string address)
    {
        if (password.EnumerateRunes().Count() < MinLength)
        {
            return PasswordLevel.TooShort;
        }

        if (IsCommon(password))
        {
            return PasswordLevel.Common;
        }

        if (IsOwn(password, address))
        {
            return PasswordLevel.Own;
        }

        return Bits(password) switch
        {
            < WeakBelow => PasswordLevel.Weak,
            < FairBelow => PasswordLevel.Fair,
            < GoodBelow => PasswordLevel.Good,
            _ => PasswordLevel.Strong,
        };
    }

    /// <summary>Why it cannot be a new password; null: it can.</summary>
    public static PasswordLevel? Object(string password, string address) => Of(password, address) is <= PasswordLevel.Weak and var level ? level : null;

    /// <summary>As it is, or with digits and signs at its end that make it look new.</summary>
    private static bool IsCommon(string password)
    {
        string word = password.TrimEnd("0123456789!?.,-_+*#$%&/ ".ToCharArray());
        return CommonPasswords.Contains(password) || (word.Length >= MinLength - 2 && password.Length - word.Length <= 4 && CommonPasswords.Contains(word));
    }

    private static bool IsOwn(string password, string address)
    {
        string local = address.Split('@')[0];
        return password.Equals(address, StringComparison.OrdinalIgnoreCase)
            || (local.Length >= MinOwnLength && password.Contains(local, StringComparison.OrdinalIgnoreCase) && password.Length - local.Length <= 4);
    }

    internal static double Bits(string password)
    {
        double pool = (password.Any(char.IsAsciiLetterLower) ? 26 : 0) + (password.Any(char.IsAsciiLetterUpper) ? 26 : 0) + (password.Any(char.IsAsciiDigit) ? 10 : 0)
            + (password.Any(letter => letter < 128 && !char.IsAsciiLetterOrDigit(letter)) ? 33 : 0) + (password.Any(letter => letter >= 128) ? 100 : 0);
        double letters = 0;
        Rune? before = null;
        foreach (Rune letter in password.ToLowerInvariant().EnumerateRunes())
        {
            letters += before is { } last && IsNext(last, letter) ? Foreseeable : 1;
            before = letter;
        }

        return letters * Math.Log2(Math.Max(pool, 2));
    }

    private static bool IsNext(Rune before, Rune letter) => before == letter
        || Rows.Any(row => PlaceIn(row, before) is >= 0 and var place && PlaceIn(row, letter) is >= 0 and var next && Math.Abs(place - next) == 1);

    private static int PlaceIn(string row, Rune letter) => letter.IsBmp ? row.IndexOf((char)letter.Value) : -1;
}
