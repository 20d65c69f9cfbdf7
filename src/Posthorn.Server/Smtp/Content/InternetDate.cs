using System.Globalization;

namespace Posthorn.Server.Smtp.Content;

/// <summary>The date-time of RFC 5322 §3.3, in UTC.</summary>
internal static class InternetDate
{
    public static string Format(DateTimeOffset time) =>
        time.UtcDateTime.ToString("ddd, d MMM yyyy HH:mm:ss '+0000'", CultureInfo.InvariantCulture);
}
