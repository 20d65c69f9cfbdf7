using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Web.Settings;

namespace Posthorn.Web.Sessions;

/// <summary>What a page knows of the person that looks at it.</summary>
/// <param name="Token">Every form of the page carries it: see <see cref="Guards"/>.</param>
/// <param name="IsAdministrator">Finds the pages of administration in the launcher.</param>
/// <param name="Zone">Where the person is: moments are written in its time.</param>
/// <param name="Now">When the page was asked for, UTC.</param>
public sealed record Viewer(string Address, string Token, bool IsAdministrator, TimeZoneInfo Zone, DateTimeOffset Now)
{
    /// <summary>What the person chose.</summary>
    public PersonalSettings Settings { get; init; } = new();

    /// <summary>Set by the pages' script to what the browser says of itself: an IANA name.</summary>
    private const string ZoneCookie = "zone";

    internal static Viewer Of(HttpContext http) => Of(http, http.Session());

    internal static Viewer Of(HttpContext http, WebSession session) => new(
        session.Account.Address,
        Guards.FormToken(http),
        session.Account.IsAdministrator,
        session.Settings.General.TimeZone ?? ZoneOf(http.Request.Cookies[ZoneCookie]),
        http.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow())
    {
        Settings = session.Settings,
    };

    /// <summary>As short as a list has room for: the time of today, else the day.</summary>
    public string Short(DateTimeOffset moment)
    {
        (DateTimeOffset local, DateTimeOffset today) = (At(moment), At(Now));
        return local.Date == today.Date ? local.ToString("t", CultureInfo.CurrentCulture)
            : local.Year == today.Year ? local.ToString(T["d MMM"], CultureInfo.CurrentCulture)
            : local.ToString("d", CultureInfo.CurrentCulture);
    }

    /// <summary>Day and time in words.</summary>
    public string Long(DateTimeOffset moment)
    {
        DateTimeOffset local = At(moment);
        return $"{local.ToString("D", CultureInfo.CurrentCulture)}, {local.ToString("t", CultureInfo.CurrentCulture)}";
    }

    /// <summary>The moment as clocks show it where the person is.</summary>
    public DateTimeOffset At(DateTimeOffset moment) => TimeZoneInfo.ConvertTime(moment, Zone);

    private static TimeZoneInfo ZoneOf(string? name) => name is not null && TimeZoneInfo.TryFindSystemTimeZoneById(name, out TimeZoneInfo? zone) ? zone : TimeZoneInfo.Utc;
}
