using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Posthorn.Core;
using Posthorn.Core.Accounts;
using Posthorn.Core.Watching;
using Posthorn.Web.Sessions;

namespace Posthorn.Web.Help.Settings;

/// <summary>Tells an open page what the server sees, as it happens: server-sent events, each a line in the page's language.</summary>
internal sealed class SeenEvents(ConnectionWatch watch, IHostApplicationLifetime life, TimeProvider time)
{
    /// <summary>Streams of one account at a time.</summary>
    public const int MaxStreams = 5;

    /// <summary>A comment this often: proxies and phones close what is silent. The session is looked at as often.</summary>
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(25);

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private readonly ConcurrentDictionary<AccountId, int> _open = new();

    public async Task StreamAsync(HttpContext http, MailAppSettings settings)
    {
        Account account = http.Session().Account;
        if (_open.AddOrUpdate(account.Id, 1, static (_, count) => count + 1) > MaxStreams)
        {
            Leave(account.Id);
            http.Response.StatusCode = StatusCodes.Status429TooManyRequests;
            return;
        }

        using var ends = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, life.ApplicationStopping);
        try
        {
            Viewer viewer = Viewer.Of(http);
            long seen = After(http);
            http.Response.ContentType = "text/event-stream";
            await SendAsync(http, "retry: 2000\n\n", ends.Token);
            while (await WebSession.OfAsync(http, ends.Token) is not null)
            {
                SettingsWatch mine = watch.Watch(account.Id, account.Address, http.Connection.RemoteIpAddress);
                foreach ((long number, ConnectionReport report) in mine.After(seen))
                {
                    var line = SeenLine.Of(report, settings);
                    string data = JsonSerializer.Serialize(
                        new { Time = viewer.At(report.At).ToString("T", CultureInfo.CurrentCulture), Kind = line.Kind.ToString().ToLowerInvariant(), line.Where, line.What, line.Advice, line.Link },
                        Json);
                    await SendAsync(http, string.Create(CultureInfo.InvariantCulture, $"id: {number}\nevent: seen\ndata: {data}\n\n"), ends.Token);
                    seen = number;
                }

                if (!await HasNewsAsync(mine, seen, ends.Token))
                {
                    await SendAsync(http, ":\n\n", ends.Token);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The page is closed, or the server stops.
        }
        finally
        {
            Leave(account.Id);
        }
    }

    /// <summary>What the page has already: it says so itself, or the browser does when it comes again.</summary>
    private static long After(HttpContext http) =>
        long.TryParse(http.Request.Headers["Last-Event-ID"], CultureInfo.InvariantCulture, out long last)
        || long.TryParse(http.Request.Query["after"], CultureInfo.InvariantCulture, out last) ? last : 0;

    private async Task<bool> HasNewsAsync(SettingsWatch mine, long seen, CancellationToken cancel)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Task news = mine.WaitAsync(seen, silence.Token);
        await Task.WhenAny(news, Task.Delay(Heartbeat, time, silence.Token));
        bool hasNews = news.IsCompletedSuccessfully;
        await silence.CancelAsync();
        cancel.ThrowIfCancellationRequested();
        return hasNews;
    }

    private static async Task SendAsync(HttpContext http, string text, CancellationToken cancel)
    {
        await http.Response.WriteAsync(text, cancel);
        await http.Response.Body.FlushAsync(cancel);
    }

    private void Leave(AccountId account)
    {
        if (_open.AddOrUpdate(account, 0, static (_, count) => count - 1) == 0)
        {
            _open.TryRemove(new KeyValuePair<AccountId, int>(account, 0));
        }
    }
}
