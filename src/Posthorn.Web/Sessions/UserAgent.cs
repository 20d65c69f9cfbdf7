using Microsoft.AspNetCore.Http;
using Posthorn.Core.Accounts;

namespace Posthorn.Web.Sessions;

/// <summary>A browser's name for people, of what it says of itself (RFC 9110 §10.1.5). Only ever shown: nothing is decided by it.</summary>
internal static class UserAgent
{
    // The first that fits: each of them claims to be those after it.
    private static readonly (string Sign, string Name)[] Browsers =
    [
        ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser/", "Samsung Internet"), ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"), ("Chrome/", "Chrome"),
        ("CriOS/", "Chrome"), ("Safari/", "Safari"),
    ];

    private static readonly (string Sign, string Name)[] Systems =
    [
        ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS X", "Mac"), ("CrOS", "ChromeOS"), ("Linux", "Linux"),
    ];

    /// <summary>Such as “Firefox, Windows”; null: it says nothing of use.</summary>
    public static string? Name(string? agent)
    {
        string[] parts = [.. new[] { Find(Browsers, agent), Find(Systems, agent) }.OfType<string>()];
        return parts.Length == 0 ? null : string.Join(", ", parts);
    }

    /// <summary>Where a sign-in by this request comes from.</summary>
    public static SignInOrigin OriginOf(HttpContext http) => new(http.Connection.RemoteIpAddress, Name(http.Request.Headers.UserAgent.ToString()));

    private static string? Find((string Sign, string Name)[] known, string? agent) =>
        known.FirstOrDefault(entry => agent?.Contains(entry.Sign, StringComparison.Ordinal) == true).Name;
}
