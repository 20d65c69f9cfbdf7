using Microsoft.AspNetCore.Http;

namespace Posthorn.Web.Sessions;

/// <summary>What a page knows of the person that looks at it.</summary>
/// <param name="Token">Every form of the page carries it: see <see cref="Guards.OwnForm"/>.</param>
public sealed record Viewer(string Address, string Token)
{
    internal static Viewer Of(HttpContext http) => new(http.Session().Account.Address, Guards.FormToken(http));
}
