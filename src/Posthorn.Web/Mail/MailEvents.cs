using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Posthorn.Core;
using Posthorn.Core.Changes;
using Posthorn.Core.Mailboxes;
using Posthorn.Web.Sessions;

namespace Posthorn.Web.Mail;

/// <summary>Tells an open page that something of its account changed: a stream of server-sent events without data. The page then asks for what it shows.</summary>
internal sealed class MailEvents(MailReading reading, ChangeFeed feed, IHostApplicationLifetime life, TimeProvider time)
{
    private const string Path = "/mail/events", Changed = "event: changed\ndata:\n\n";

    /// <summary>Streams of one account at a time; a page beyond them is as fresh as its last loading.</summary>
    public const int MaxStreams = 20;

    /// <summary>A comment this often: proxies and phones close what is silent. The session is looked at as often.</summary>
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(25);

    /// <summary>Changes come in bursts: one event for all of them in this time.</summary>
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(200);

    private readonly ConcurrentDictionary<AccountId, int> _open = new();

    /// <summary>Where a page that shows these folders hears what changes after them: between its making and its first listening something may have come.</summary>
    /// <param name="folders">Read before whatever else the page shows.</param>
    public static string AddressOf(IReadOnlyList<Mailbox> folders) => $"{Path}?shown={StateOf(folders)}";

    /// <param name="http">The request, and where the events go.</param>
    /// <param name="shown">The state of the page, from <see cref="AddressOf"/>; null: its changes are told from now on.</param>
    public async Task StreamAsync(HttpContext http, string? shown)
    {
        AccountId account = http.Session().Account.Id;
        if (_open.AddOrUpdate(account, 1, static (_, count) => count + 1) > MaxStreams)
        {
            Leave(account);
            http.Response.StatusCode = StatusCodes.Status429TooManyRequests;
            return;
        }

        using var ends = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, life.ApplicationStopping);
        try
        {
            http.Response.ContentType = "text/event-stream";
            using ChangeSubscription news = feed.Subscribe(account);
            await SendAsync(http, "retry: 2000\n\n", ends.Token);
            if (shown is not null && shown != StateOf(await reading.FoldersAsync(http.Session(), ends.Token)))
            {
                await SendAsync(http, Changed, ends.Token);
            }

            while (await WebSession.OfAsync(http, ends.Token) is not null)
            {
                await WaitAsync(news, ends.Token);
                if (!news.IsSignalled)
                {
                    await SendAsync(http, ":\n\n", ends.Token);
                    continue;
                }

                await Task.Delay(Gather, time, ends.Token);
                news.Reset();
                await SendAsync(http, Changed, ends.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The page is closed, or the server stops.
        }
        finally
        {
            Leave(account);
        }
    }

    /// <summary>The same on every node, as long as no folder has changed in itself or in what it holds.</summary>
    private static string StateOf(IReadOnlyList<Mailbox> folders)
    {
        string all = string.Join('\n', folders.Select(static folder => string.Create(CultureInfo.InvariantCulture, $"{folder.Id} {folder.HighestModSeq.Value} {folder.Name}")));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(all)).AsSpan(0, 8));
    }

    private async Task WaitAsync(ChangeSubscription news, CancellationToken cancel)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        await Task.WhenAny(news.WaitAsync(silence.Token), Task.Delay(Heartbeat, time, silence.Token));
        await silence.CancelAsync();
        cancel.ThrowIfCancellationRequested();
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
