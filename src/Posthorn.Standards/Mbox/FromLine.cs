using System.Globalization;
using System.Text;

namespace Posthorn.Standards.Mbox;

/// <summary>The line before each message: "From ", the envelope sender, the time of delivery.</summary>
/// <param name="Sender">As it stands there; "-" and "MAILER-DAEMON" are usual where it is not known; may be empty.</param>
/// <param name="Date">Null where there is none that makes sense. Taken as UTC when no zone is given (RFC 4155 Appendix A).</param>
internal readonly record struct FromLine(string Sender, DateTimeOffset? Date)
{
    /// <summary>A longer line separates nothing.</summary>
    public const int MaxLength = 4096;

    private static readonly string[] Months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    private static readonly string[] Weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

    public static ReadOnlySpan<byte> Prefix => "From "u8;

    /// <summary>Reads a line without its end. True where it begins with "From "; a separator inside a file must have a date too, a first line need not.</summary>
    public static bool TryParse(ReadOnlySpan<byte> line, bool dateRequired, out FromLine from)
    {
        from = default;
        if (line.Length > MaxLength || !line.StartsWith(Prefix))
        {
            return false;
        }
        string[] words = Encoding.UTF8.GetString(line[Prefix.Length..]).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        for (int i = 0; i < words.Length; i++)
        {
            if (TryParseDate(words.AsSpan(i), out var date))
            {
                from = new FromLine(string.Join(' ', words[..i]), date);
                return true;
            }
        }
        from = new FromLine(string.Join(' ', words), null);
        return !dateRequired;
    }

    public static string Format(string sender, DateTimeOffset date)
    {
        var utc = date.UtcDateTime;
        // A blank or a line end in the sender would make another line of it.
        string word = sender.AsSpan().Trim().IsEmpty ? "MAILER-DAEMON" : string.Concat(sender.Trim().Select(c => char.IsWhiteSpace(c) || char.IsControl(c) ? '_' : c));
        return string.Create(CultureInfo.InvariantCulture, $"From {word} {Weekdays[(int)utc.DayOfWeek]} {Months[utc.Month - 1]} {utc.Day,2} {utc:HH:mm:ss} {utc:yyyy}\n");
    }

    // "Mon Mar  4 08:00:00 2024", with a zone before or after the year, or as "Mon, 4 Mar 2024 08:00:00 +0100".
    private static bool TryParseDate(ReadOnlySpan<string> words, out DateTimeOffset date)
    {
        date = default;
        if (words.Length < 5 || !IsOneOf(Weekdays, words[0].AsSpan().TrimEnd(','), out _))
        {
            return false;
        }
        if (IsOneOf(Months, words[1], out int month) && TryNumber(words[2], out int day) && TryParseTime(words[3], out var time))
        {
            string? next = words.Length > 5 ? words[5] : null;
            return TryNumber(words[4], out int year)
                ? TryMake(year, month, day, time, next, out date)
                : next is not null && TryNumber(next, out year) && TryMake(year, month, day, time, words[4], out date);
        }
        return IsOneOf(Months, words[2], out month) && TryNumber(words[1], out day) && TryNumber(words[3], out int late) && TryParseTime(words[4], out time)
            && TryMake(late, month, day, time, words.Length > 5 ? words[5] : null, out date);
    }

    private static bool TryMake(int year, int month, int day, TimeSpan time, string? zone, out DateTimeOffset date)
    {
        date = default;
        if (year is < 1970 or > 9998 || day < 1 || day > DateTime.DaysInMonth(year, month + 1))
        {
            return false;
        }
        date = new DateTimeOffset(year, month + 1, day, 0, 0, 0, TimeSpan.Zero) + time;
        if (zone is { Length: 5 } && zone[0] is '+' or '-' && TryNumber(zone[1..], out int hhmm) && hhmm / 100 <= 14 && hhmm % 100 < 60)
        {
            var offset = new TimeSpan(hhmm / 100, hhmm % 100, 0);
            offset = zone[0] == '-' ? -offset : offset;
            date = new DateTimeOffset(date.DateTime, offset);
        }
        return true;
    }

    private static bool TryParseTime(string word, out TimeSpan time)
    {
        time = default;
        string[] parts = word.Split(':');
        int seconds = 0;
        if (parts.Length is < 2 or > 3 || !TryNumber(parts[0], out int hours) || !TryNumber(parts[1], out int minutes) || (parts.Length == 3 && !TryNumber(parts[2], out seconds)))
        {
            return false;
        }
        if (hours >= 24 || minutes >= 60 || seconds > 60)
        {
            return false;
        }

        time = new TimeSpan(hours, minutes, Math.Min(seconds, 59));
        return true;
    }

    private static bool TryNumber(string word, out int number) => int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static bool IsOneOf(string[] names, ReadOnlySpan<char> word, out int index)
    {
        for (index = 0; index < names.Length; index++)
        {
            if (word.Equals(names[index], StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }
        return false;
    }
}
