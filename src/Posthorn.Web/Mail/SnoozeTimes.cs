using System.Globalization;

namespace Posthorn.Web.Mail;

/// <summary>The times that are offered for putting a message off or sending it later, by the reader's own clock.</summary>
internal static class SnoozeTimes
{
    /// <summary>As a browser's field for day and time has it.</summary>
    private const string Form = "yyyy-MM-ddTHH:mm";

    private const int Morning = 8, Evening = 18;

    /// <param name="now">At the reader's clock.</param>
    public static IEnumerable<SnoozeTime> Offered(DateTimeOffset now)
    {
        DateTime today = now.Date;
        if (now.Hour < Evening - 1)
        {
            yield return Of(T["This evening"], today.AddHours(Evening));
        }

        yield return Of(T["Tomorrow"], today.AddDays(1).AddHours(Morning));
        int toSaturday = ((int)DayOfWeek.Saturday - (int)today.DayOfWeek + 7) % 7, toMonday = ((int)DayOfWeek.Monday - (int)today.DayOfWeek + 7) % 7;
        if (toSaturday > 1)
        {
            yield return Of(T["At the weekend"], today.AddDays(toSaturday).AddHours(Morning));
        }

        if (toMonday != 1)
        {
            yield return Of(T["Next week"], today.AddDays(toMonday == 0 ? 7 : toMonday).AddHours(Morning));
        }
    }

    /// <summary>Null: it is no time. One that the clock leaves out in spring counts as the one an hour later.</summary>
    public static DateTimeOffset? Read(string text, TimeZoneInfo zone)
    {
        if (!DateTime.TryParseExact(text, [Form, Form + ":ss"], CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTime local))
        {
            return null;
        }

        DateTime valid = zone.IsInvalidTime(local) ? local.AddHours(1) : local;
        return new DateTimeOffset(valid, zone.GetUtcOffset(valid)).ToUniversalTime();
    }

    public static string Write(DateTimeOffset local) => local.ToString(Form, CultureInfo.InvariantCulture);

    private static SnoozeTime Of(string name, DateTime local) =>
        new(name, local.ToString(Form, CultureInfo.InvariantCulture), local.ToString("ddd", CultureInfo.CurrentCulture) + " " + local.ToString("t", CultureInfo.CurrentCulture));
}

/// <param name="Value">For the form.</param>
/// <param name="When">Day and time, short.</param>
internal sealed record SnoozeTime(string Name, string Value, string When);
