using System.Globalization;
using Microsoft.AspNetCore.Http;
using Posthorn.Core.Replies;
using Posthorn.Web.Security;

namespace Posthorn.Web.Settings;

/// <summary>What the form of a vacation reply has, as it was typed.</summary>
public sealed record VacationForm(bool IsOn, string First, string Last, string Subject, string Text, string Outside, string OutsideText, string Days)
{
    private const string DayForm = "yyyy-MM-dd";

    internal static VacationForm Of(Vacation vacation) => new(
        vacation.IsOn, Day(vacation.First), Day(vacation.Last), vacation.Subject, vacation.Text, vacation.Outside.ToString(), vacation.OutsideText,
        vacation.Days.ToString(CultureInfo.InvariantCulture));

    internal static VacationForm Of(IFormCollection form) => new(
        form["on"] == "true", form.Line("first"), form.Line("last"), form.Line("subject"), Lines(form, "text"), form.Line("outside"), Lines(form, "outside-text"), form.Line("days"));

    /// <param name="zone">Where its days are.</param>
    /// <param name="vacation">Null: there is a problem.</param>
    internal FormProblem? Read(TimeZoneInfo zone, out Vacation? vacation)
    {
        vacation = null;
        (DateOnly? first, DateOnly? last) = (null, null);
        if (!TryDay(First, ref first))
        {
            return new("first", T["Write a day, such as {0}.", "2026-12-24"]);
        }

        if (!TryDay(Last, ref last))
        {
            return new("last", T["Write a day, such as {0}.", "2026-12-24"]);
        }

        FormProblem? problem = last < first ? new("last", T["The last day is before the first."])
            : Subject.Length > Vacation.MaxSubject ? new("subject", T["A subject has at most {0} characters.", Vacation.MaxSubject])
            : IsOn && string.IsNullOrWhiteSpace(Text) ? new("text", T["Write what people are to read."])
            : Text.Length > Vacation.MaxText ? new("text", T["A reply has at most {0} characters.", Vacation.MaxText])
            : !Enum.TryParse(Outside, out OutsideAnswer outside) || !Enum.IsDefined(outside) ? new("outside", T["Choose one of the three."])
            : IsOn && outside == OutsideAnswer.Other && string.IsNullOrWhiteSpace(OutsideText) ? new("outside-text", T["Write what people are to read."])
            : OutsideText.Length > Vacation.MaxText ? new("outside-text", T["A reply has at most {0} characters.", Vacation.MaxText])
            : !int.TryParse(Days, NumberStyles.None, CultureInfo.InvariantCulture, out int days) || days is < 1 or > Vacation.MaxDays
                ? new("days", T["Write a number of days from 1 to {0}.", Vacation.MaxDays])
            : null;
        vacation = problem is not null ? null : new Vacation
        {
            IsOn = IsOn,
            First = first,
            Last = last,
            Zone = zone.Id,
            Subject = Subject,
            Text = Text,
            Outside = Enum.Parse<OutsideAnswer>(Outside),
            OutsideText = OutsideText,
            Days = int.Parse(Days, NumberStyles.None, CultureInfo.InvariantCulture),
        };
        return problem;
    }

    private static bool TryDay(string text, ref DateOnly? day)
    {
        if (text.Length == 0)
        {
            return true;
        }

        bool isDay = DateOnly.TryParseExact(text, DayForm, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly read);
        day = read;
        return isDay;
    }

    private static string Day(DateOnly? day) => day?.ToString(DayForm, CultureInfo.InvariantCulture) ?? "";

    private static string Lines(IFormCollection form, string name) => form[name].ToString().ReplaceLineEndings("\n").Trim('\n');
}
