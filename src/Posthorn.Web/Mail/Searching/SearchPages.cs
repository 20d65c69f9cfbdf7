using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Posthorn.Core;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Core.Search;
using Posthorn.Web.Mail.List;
using Posthorn.Web.Mail.Notices;
using Posthorn.Web.Mail.Reading;
using Posthorn.Web.Mail.Writing;
using Posthorn.Web.Sessions;

namespace Posthorn.Web.Mail.Searching;

/// <summary>The search: its page, a message opened from it, and what the box offers while one types.</summary>
internal sealed class SearchPages(MailReading reading, MessageOpening opening, Searches searches, Correspondents correspondents)
{
    /// <summary>Hits of a page; as long as a page of a folder, for the same reason: what is not in sight costs the reader time.</summary>
    public const int PageSize = MailReading.PageSize;

    /// <summary>Suggestions of each kind.</summary>
    private const int MaxOffered = 6;

    private static readonly string[] Operators = ["from:", "to:", "subject:", "in:", "has:attachment", "is:unread", "is:flagged", "before:", "after:"];

    public static void Map(RouteGroupBuilder mail)
    {
        mail.MapGet("/search", (string? q, HttpContext http, SearchPages pages, CancellationToken cancel) => pages.ListAsync(http, q ?? "", isWhole: true, cancel));
        mail.MapGet("/search/list", (string? q, HttpContext http, SearchPages pages, CancellationToken cancel) => pages.ListAsync(http, q ?? "", isWhole: false, cancel));
        mail.MapGet("/search/rows", (string? q, int? first, int? count, HttpContext http, SearchPages pages, CancellationToken cancel) =>
            pages.RowsAsync(http, q ?? "", first ?? 0, count ?? PageSize, cancel));
        mail.MapGet("/search/places", (string? q, int? first, int? count, HttpContext http, SearchPages pages, CancellationToken cancel) =>
            pages.PlacesAsync(http, q ?? "", first ?? 0, count ?? 0, cancel));
        mail.MapGet("/search/suggestions", (string? q, HttpContext http, SearchPages pages, CancellationToken cancel) => pages.OfferAsync(http, q ?? "", cancel));
    }

    /// <summary>The page of hits, or their list alone, for a page that has the rest.</summary>
    private async Task<IResult> ListAsync(HttpContext http, string text, bool isWhole, CancellationToken cancel)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return Results.LocalRedirect("/mail");
        }

        IReadOnlyList<Mailbox> folders = await reading.FoldersAsync(http.Session(), cancel);
        Viewer viewer = Viewer.Of(http);
        var shown = new
        {
            Viewer = viewer,
            Folders = folders,
            Hits = await FindAsync(http, text, viewer.Zone, cancel),
            Notice = MailNotice.Of(http, folders),
        };
        return isWhole ? new RazorComponentResult<MailPage>(shown) : new RazorComponentResult<HitsPane>(shown);
    }

    /// <summary>A message, with the hits beside it.</summary>
    public async Task<IResult> MessageAsync(HttpContext http, string text, MessagePlace place, bool byTalk, CancellationToken cancel)
    {
        WebSession session = http.Session();
        if (await opening.OpenAsync(http, place, await reading.FoldersAsync(session, cancel), byTalk, cancel) is not { } message)
        {
            return MailEndpoints.Gone();
        }

        IReadOnlyList<Mailbox> folders = await reading.FoldersAsync(session, cancel);
        Viewer viewer = Viewer.Of(http);
        return new RazorComponentResult<MailPage>(new
        {
            Viewer = viewer,
            Folders = folders,
            Hits = await FindAsync(http, text, viewer.Zone, cancel),
            Place = place,
            Message = message,
        });
    }

    private async Task<IResult> RowsAsync(HttpContext http, string text, int first, int count, CancellationToken cancel)
    {
        Viewer viewer = Viewer.Of(http);
        HitList hits = await FindAsync(http, text, viewer.Zone, cancel);
        return new RazorComponentResult<MessageRows>(new
        {
            Viewer = viewer,
            Rows = (IReadOnlyList<MessageRow>)[.. hits.Rows.Skip(first).Take(count)],
            First = first,
            Total = hits.Rows.Count,
            hits.Suffix,
            hits.Words,
            ShowsFolder = true,
        });
    }

    private async Task<IResult> PlacesAsync(HttpContext http, string text, int first, int count, CancellationToken cancel) =>
        Results.Json((await FindAsync(http, text, Viewer.Of(http).Zone, cancel)).Rows.Skip(first).Take(count).Select(static row => row.Place.ToString()));

    private async ValueTask<HitList> FindAsync(HttpContext http, string text, TimeZoneInfo zone, CancellationToken cancel)
    {
        WebSession session = http.Session();
        SearchQuery query = SearchQuery.Parse(text) with { Zone = zone };
        string? after = http.Request.Query["after"].ToString() is { Length: > 0 } given ? given : null;
        Result<SearchHits> found = await searches.FindAsync(session.Actor, session.Account.Id, query, new SearchPage(SearchPosition.Parse(after), PageSize), cancel);
        return found.TryGet(out SearchHits? hits, out Refusal? refusal)
            ? new HitList(text, [.. hits.Hits.Select(static hit => MessageRow.Of(hit.Mailbox, hit.Message, MessageFlags.None, null))], hits.Words, query.Objections, hits.Next?.ToString(), after)
            : new HitList(text, [], [], [refusal.Text], null, null);
    }

    /// <summary>For the last word of what was typed: operators, people, folders.</summary>
    private async Task<IResult> OfferAsync(HttpContext http, string text, CancellationToken cancel)
    {
        WebSession session = http.Session();
        int at = text.LastIndexOf(' ') + 1;
        string before = text[..at], word = text[at..];
        int colon = word.IndexOf(':', StringComparison.Ordinal);
        string name = colon < 0 ? "" : word[..colon].ToLowerInvariant(), value = colon < 0 ? word : word[(colon + 1)..];
        List<string> offered = [];
        if (colon < 0)
        {
            offered.AddRange(Operators.Where(one => word.Length > 0 && one.StartsWith(word, StringComparison.OrdinalIgnoreCase)));
        }

        if (value.Length >= 2 && name is "" or "from" or "to")
        {
            string prefix = name.Length == 0 ? "from:" : name + ":";
            offered.AddRange((await correspondents.FindAsync(session, value, cancel)).Take(MaxOffered).Select(known => prefix + known.Address));
        }

        if (name == "in")
        {
            offered.AddRange((await reading.FoldersAsync(session, cancel)).Where(folder => folder.Name.Contains(value, StringComparison.OrdinalIgnoreCase)).Take(MaxOffered)
                .Select(static folder => folder.Name.Contains(' ', StringComparison.Ordinal) ? $"in:\"{folder.Name}\"" : $"in:{folder.Name}"));
        }

        return Results.Json(offered.Select(one => before + one));
    }
}
