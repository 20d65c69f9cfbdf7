using System.Globalization;
using Posthorn.Web.Settings;
using Posthorn.Web.Texts;

namespace Posthorn.Tests.Web.Settings;

/// <summary>Language, time zone and region: what is known, what is offered, and what each does.</summary>
public sealed class GeneralSettingsTests
{
    private static readonly DateTimeOffset Now = new(2026, 7, 4, 21, 5, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("Europe/Berlin", true)]
    [InlineData("America/Argentina/Buenos_Aires", true)]
    [InlineData("Etc/UTC", true)]
    [InlineData("", false)]
    [InlineData("Nowhere/Atlantis", false)]
    [InlineData("../../etc/passwd", false)]
    [InlineData("/etc/localtime", false)]
    public void A_time_zone_is_known_by_its_name(string name, bool isKnown) => Assert.Equal(isKnown, Zones.IsKnown(name));

    [Fact]
    public void Every_zone_that_is_offered_is_known_and_shows_its_time()
    {
        Offer[] all = [.. Zones.Offers("", Now)];
        Assert.All(all, static offer => Assert.True(Zones.IsKnown(offer.Value), offer.Value));
        Offer kolkata = Assert.Single(all, static offer => offer.Value == "Asia/Kolkata");
        Assert.Equal("Asia", kolkata.Group);
        Assert.Contains(Now.AddHours(5.5).ToString("t", CultureInfo.CurrentCulture), kolkata.Text, StringComparison.Ordinal);
        Assert.Contains(Zones.Offers("Europe/Kiev", Now), static offer => offer.Value == "Europe/Kiev");
    }

    [Theory]
    [InlineData("en", "GB", "04/07/2026")]
    [InlineData("en", "US", "7/4/2026")]
    [InlineData("de", "CH", "04.07.2026")]
    public void A_region_writes_dates_its_own_way_in_the_language_that_was_chosen(string language, string region, string date) => InOwnCulture(() =>
    {
        new GeneralSettings { Language = language, Region = region }.Apply();
        Assert.Equal(language, Language.Current);
        Assert.Equal(date, Now.ToString("d", CultureInfo.CurrentCulture));
        Assert.Contains(Regions.Offers(Now), offer => offer.Value == region && offer.Text.Contains(date, StringComparison.Ordinal));
    });

    [Fact]
    public void What_is_known_no_more_leaves_everything_as_the_browser_has_it() => InOwnCulture(() =>
    {
        Language.TryUse("de-CH");
        new GeneralSettings { Language = "tlh", Region = "ZZ", Zone = "Nowhere/Atlantis" }.Apply();
        Assert.Equal(("de", "de-CH"), (Language.Current, CultureInfo.CurrentCulture.Name));
        Assert.Null(new GeneralSettings { Zone = "Nowhere/Atlantis" }.TimeZone);
    });

    [Theory]
    [InlineData(0, 0)]
    [InlineData(30, 30)]
    [InlineData(7, 10)]
    [InlineData(-1, 10)]
    [InlineData(int.MaxValue, 10)]
    public void A_time_to_take_back_is_one_of_those_offered(int seconds, int expected) =>
        Assert.Equal(expected, new ComposingSettings { UndoSeconds = seconds }.Bounded.UndoSeconds);

    [Theory]
    [InlineData("info@example.org", "info@example.org")]
    [InlineData("INFO@example.org", "info@example.org")]
    [InlineData("gone@example.org", "you@example.org")]
    [InlineData(null, "you@example.org")]
    public void The_usual_address_is_one_of_the_account_s(string? usual, string expected) =>
        Assert.Equal(expected, new SenderSettings { Usual = usual }.UsualAmong(["you@example.org", "info@example.org"]));

    private static void InOwnCulture(Action act)
    {
        (CultureInfo culture, CultureInfo texts) = (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture);
        try
        {
            act();
        }
        finally
        {
            (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture) = (culture, texts);
        }
    }
}
