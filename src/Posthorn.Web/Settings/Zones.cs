using System.Globalization;

namespace Posthorn.Web.Settings;

/// <summary>Time zones by their names in the IANA database, such as Europe/Berlin.</summary>
internal static class Zones
{
    /// <summary>Characters of a name: longer than any there is.</summary>
    private const int MaxLength = 64;

    public static bool IsKnown(string name) => name.Length is > 0 and <= MaxLength && TimeZoneInfo.TryFindSystemTimeZoneById(name, out TimeZoneInfo? zone) && zone.HasIanaId;

    /// <summary>All that have a place, each with the time it is there.</summary>
    /// <param name="chosen">Offered too, where it is one of an older name.</param>
    /// <param name="now">UTC.</param>
    public static IEnumerable<Offer> Offers(string chosen, DateTimeOffset now)
    {
        IEnumerable<TimeZoneInfo> all = TimeZoneInfo.GetSystemTimeZones().Where(static zone => zone.Id.Contains('/', StringComparison.Ordinal));
        if (IsKnown(chosen) && all.All(zone => zone.Id != chosen))
        {
            all = all.Append(TimeZoneInfo.FindSystemTimeZoneById(chosen));
        }

        return all.OrderBy(static zone => zone.Id, StringComparer.Ordinal).Select(zone => new Offer(zone.Id, $"{Place(zone.Id)} – {Clock(zone, now)}") { Group = Area(zone.Id) });
    }

    private static string Area(string name) => name.Split('/')[0];

    private static string Place(string name) => name[(name.IndexOf('/', StringComparison.Ordinal) + 1)..].Replace('_', ' ').Replace("/", ", ", StringComparison.Ordinal);

    private static string Clock(TimeZoneInfo zone, DateTimeOffset now) => TimeZoneInfo.ConvertTime(now, zone).ToString("t", CultureInfo.CurrentCulture);
}
