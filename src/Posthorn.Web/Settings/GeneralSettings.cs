using System.Globalization;
using System.Text.Json.Serialization;

namespace Posthorn.Web.Settings;

/// <summary>How pages speak and which clock they go by.</summary>
public sealed record GeneralSettings
{
    /// <summary>A tag of <see cref="Texts.Language.Known"/>; null: as the browser says.</summary>
    public string? Language { get; init; }

    /// <summary>An IANA name; null: as the browser says.</summary>
    public string? Zone { get; init; }

    /// <summary>ISO 3166 code of the region whose way of writing dates and numbers is used; null: as language or browser have it.</summary>
    public string? Region { get; init; }

    /// <summary>Null: the browser's.</summary>
    [JsonIgnore]
    public TimeZoneInfo? TimeZone => Zone is not null && TimeZoneInfo.TryFindSystemTimeZoneById(Zone, out TimeZoneInfo? zone) ? zone : null;

    /// <summary>The request goes on in the language and the manner that were chosen. What was not chosen, or is known no more, stays as the browser has it.</summary>
    public void Apply()
    {
        if (Language is not null)
        {
            Texts.Language.TryUse(Language);
        }

        if (Region is not null && CultureOf(Texts.Language.Current, Region) is { } culture)
        {
            CultureInfo.CurrentCulture = culture;
        }
    }

    /// <summary>A language as it is written in a region; null: nobody knows how.</summary>
    internal static CultureInfo? CultureOf(string language, string region)
    {
        try
        {
            return CultureInfo.GetCultureInfo($"{language}-{region}", predefinedOnly: true);
        }
        catch (CultureNotFoundException)
        {
            return null;
        }
    }
}
