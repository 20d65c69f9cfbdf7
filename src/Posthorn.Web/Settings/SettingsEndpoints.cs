using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Posthorn.Web.Settings;

/// <summary>Settings: pages with a form each. What was saved counts from the next page on.</summary>
internal static class SettingsEndpoints
{
    public static void Map(RouteGroupBuilder settings)
    {
        GeneralEndpoints.Map(settings);
        SenderEndpoints.Map(settings);
        SignatureEndpoints.Map(settings);
        ReadingEndpoints.Map(settings);
        ComposingEndpoints.Map(settings);
        VacationEndpoints.Map(settings);
        ForwardingEndpoints.Map(settings);
    }

    /// <summary>Says above a page that it was saved; null: nothing was.</summary>
    public static string? Done(HttpContext http) => http.Request.Query["done"] == "saved" ? T["Saved."] : null;

    /// <summary>A field of a form on one line, without blanks at its ends.</summary>
    public static string Line(this IFormCollection form, string name) => form[name].ToString().ReplaceLineEndings(" ").Trim();

    public static bool IsTicked(this IFormCollection form, string name) => form[name] == "true";

    /// <summary>One of the values by its name; what is none of them counts as the first.</summary>
    public static T Choice<T>(this IFormCollection form, string name)
        where T : struct, Enum =>
        Enum.TryParse(form[name], out T chosen) && Enum.IsDefined(chosen) ? chosen : default;
}
