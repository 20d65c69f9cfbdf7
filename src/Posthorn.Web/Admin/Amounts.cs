using System.Globalization;

namespace Posthorn.Web.Admin;

/// <summary>Octets as people write and read them.</summary>
internal static class Amounts
{
    private static readonly string[] Units = ["B", "KB", "MB", "GB", "TB"];

    /// <summary>With one digit behind the point where it matters: 1.5 GB.</summary>
    public static string Octets(long octets)
    {
        double amount = octets;
        int unit = 0;
        while (amount >= 1024 && unit < Units.Length - 1)
        {
            (amount, unit) = (amount / 1024, unit + 1);
        }

        return amount.ToString(amount < 10 && unit > 0 ? "0.#" : "0", CultureInfo.CurrentCulture) + " " + Units[unit];
    }

    /// <summary>Reads megabytes; empty is no limit.</summary>
    /// <returns>False: it is no amount.</returns>
    public static bool TryMegabytes(string text, out long? octets)
    {
        octets = null;
        if (text.Trim().Length == 0)
        {
            return true;
        }

        if (!decimal.TryParse(text, NumberStyles.Number, CultureInfo.CurrentCulture, out decimal megabytes) || megabytes is < 0 or > 1_000_000_000)
        {
            return false;
        }

        octets = (long)(megabytes * 1024 * 1024);
        return true;
    }
}
