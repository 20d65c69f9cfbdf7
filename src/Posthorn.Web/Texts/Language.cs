using System.Collections.Frozen;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Posthorn.Web.Texts;

/// <summary>The languages of the pages. Which one a page speaks is <see cref="CultureInfo.CurrentUICulture"/> of its request.</summary>
public static class Language
{
    /// <summary>What is shown to who asks for none of <see cref="Known"/>.</summary>
    public const string Default = "en";

    private static readonly FrozenDictionary<string, CultureInfo> Cultures =
        new[] { Default, "de" }.ToFrozenDictionary(static tag => tag, static tag => CultureInfo.GetCultureInfo(tag), StringComparer.OrdinalIgnoreCase);

    /// <summary>Tags of languages that all texts are there in.</summary>
    public static IReadOnlyCollection<string> Known => Cultures.Keys;

    /// <summary>The words of the pages: <c>T["Delete"]</c>.</summary>
    public static TextTable T { get; } = new();

    /// <summary>The tag that the page being made has in its lang attribute.</summary>
    public static string Current => CultureInfo.CurrentUICulture.TwoLetterISOLanguageName is var tag && Cultures.ContainsKey(tag) ? tag : Default;

    /// <summary>The request speaks this language from here on: texts, dates and numbers.</summary>
    /// <param name="tag">A tag such as de or de-AT; one that is not known counts as none.</param>
    public static bool TryUse(string? tag)
    {
        if (tag is null || !Cultures.TryGetValue(tag.Split('-')[0], out CultureInfo? language))
        {
            return false;
        }

        CultureInfo.CurrentUICulture = language;
        CultureInfo.CurrentCulture = Region(tag) ?? language;
        return true;
    }

    /// <summary>The first language of the browser that is known. RFC 9110 §12.5.4.</summary>
    public static void UseBrowsers(HttpRequest request)
    {
        StringValues accepted = request.Headers.AcceptLanguage;
        if (StringWithQualityHeaderValue.TryParseList(accepted, out IList<StringWithQualityHeaderValue>? wishes)
            && wishes.OrderByDescending(static wish => wish.Quality ?? 1).Any(static wish => wish.Quality != 0 && TryUse(wish.Value.Value)))
        {
            return;
        }

        TryUse(Default);
    }

    /// <summary>A region writes dates and numbers its own way; one that nobody knows is its language's.</summary>
    private static CultureInfo? Region(string tag)
    {
        try
        {
            return tag.Length > 2 ? CultureInfo.GetCultureInfo(tag, predefinedOnly: true) : null;
        }
        catch (CultureNotFoundException)
        {
            return null;
        }
    }
}
