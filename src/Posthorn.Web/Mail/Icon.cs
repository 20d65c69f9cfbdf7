using System.Collections.Concurrent;
using Microsoft.AspNetCore.Components;
using Posthorn.Web.Pages;

namespace Posthorn.Web.Mail;

/// <summary>A picture of icons.svg; it says nothing that the words beside it do not.</summary>
/// <remarks>Markup, not a component: a page of a list has hundreds, and each would be an object that is made, given its parameters and rendered.</remarks>
internal static class Icon
{
    private static readonly string Address = SiteFiles.Address("icons.svg") + "#";

    private static readonly ConcurrentDictionary<string, MarkupString> Known = [];

    /// <param name="name">A name of ours: it is not encoded, and each is kept.</param>
    public static MarkupString Of(string name) =>
        Known.GetOrAdd(name, static name => new MarkupString($"""<svg class="icon" aria-hidden="true"><use href="{Address}{name}"></use></svg>"""));
}
