using System.Globalization;
using Posthorn.Web.Texts;

namespace Posthorn.Web.Settings;

/// <summary>Regions whose way of writing dates and numbers is known for a language of the pages.</summary>
internal static class Regions
{
    // Codes of three digits name parts of the world.
    private static readonly HashSet<string> Codes =
    [
        .. CultureInfo.GetCultures(CultureTypes.SpecificCultures).Select(static culture => culture.Name.Split('-'))
            .Where(static parts => parts is [var language, { Length: 2 }] && Language.Known.Contains(language)).Select(static parts => parts[1]),
    ];

    public static bool IsKnown(string code) => Codes.Contains(code);

    /// <summary>By name in the language of the request, each with a date as it is written there.</summary>
    /// <param name="now">The moment that serves as an example.</param>
    public static IEnumerable<Offer> Offers(DateTimeOffset now) => Codes
        .Select(static code => GeneralSettings.CultureOf(Language.Current, code))
        .OfType<CultureInfo>()
        .Select(static culture => (Region: new RegionInfo(culture.Name), Culture: culture))
        .OrderBy(static known => known.Region.DisplayName, StringComparer.CurrentCulture)
        .Select(known => new Offer(
            known.Region.TwoLetterISORegionName,
            $"{known.Region.DisplayName} – {now.ToString("d", known.Culture)}, {now.ToString("t", known.Culture)}, {1234.5.ToString("N1", known.Culture)}"));
}
