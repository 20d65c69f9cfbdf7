using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Posthorn.Core.Accounts;
using Posthorn.ProtocolTests;

namespace Posthorn.BrowserTests;

/// <summary>A test that looks at the pages as a person does, who has an account of their own.</summary>
/// <remarks>
/// What the browser complains of (a script or style that the policy forbids, an exception, a file that is missing) fails the test at its end. A failed test leaves a
/// picture of its page in <c>screenshots</c> beside the test program.
/// </remarks>
public abstract partial class BrowserTest(Chromium chromium, SharedServer shared) : IAsyncLifetime
{
    /// <summary>Milliseconds until something must be there; a slow machine takes several of them.</summary>
    internal const float Patience = 20_000;

    /// <summary>Widths that pages are looked at: a phone, a tablet, a wide screen.</summary>
    public static readonly int[] Widths = [390, 820, 1440];

    private const int Height = 900;

    private static int _people;

    private readonly ConcurrentQueue<string> _complaints = new();
    private readonly ConcurrentBag<string> _expected = [];
    private readonly List<IBrowserContext> _contexts = [];
    private TestServer? _own;
    private IPage? _page;

    protected TestServer Server => _own ?? shared.Server;

    /// <summary>Address of the test's person, an administrator; the password is <see cref="TestServer.Password"/>.</summary>
    protected string You { get; } = $"you{Interlocked.Increment(ref _people)}@{TestServer.Domain}";

    /// <summary>The page of the test's first browser window; nobody is signed in.</summary>
    protected IPage Page => _page ?? throw new InvalidOperationException("There is no page.");

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public virtual async ValueTask InitializeAsync()
    {
        _own = await StartOwnAsync();
        _ = (await Server.Services.GetRequiredService<Accounts>().AddAsync(TestServer.Administrator, You, TestServer.Password, null, isAdministrator: true, Cancel)).Value;
        _page = await OpenWindowAsync();
    }

    /// <summary>A server for this test alone, where it changes what others would see; null: the one of all.</summary>
    private protected virtual Task<TestServer?> StartOwnAsync() => Task.FromResult<TestServer?>(null);

    public virtual async ValueTask DisposeAsync()
    {
        try
        {
            if (TestContext.Current.TestState?.Result == TestResult.Failed && _page is not null)
            {
                await ScreenshotAsync("failed");
            }

            foreach (IBrowserContext context in _contexts)
            {
                await context.DisposeAsync();
            }
        }
        finally
        {
            if (_own is not null)
            {
                await _own.DisposeAsync();
            }
        }

        GC.SuppressFinalize(this);
        Assert.DoesNotContain(_complaints, complaint => !_expected.Any(expected => complaint.Contains(expected, StringComparison.Ordinal)));
    }

    /// <summary>One more window with cookies of its own: another browser.</summary>
    protected async Task<IPage> OpenWindowAsync(ColorScheme colours = ColorScheme.Light, int width = 1440, string locale = "en-GB", bool hasScript = true)
    {
        IBrowserContext context = await chromium.Browser.NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = Server.WebAddress.ToString(),
            // The server signs its certificate itself.
            IgnoreHTTPSErrors = true,
            ColorScheme = colours,
            ViewportSize = new ViewportSize { Width = width, Height = Height },
            Locale = locale,
            TimezoneId = "Europe/Berlin",
            JavaScriptEnabled = hasScript,
        });
        _contexts.Add(context);
        context.SetDefaultTimeout(Patience);
        IPage page = await context.NewPageAsync();
        page.Console += (_, message) => Complain(message.Type == "error", message.Text);
        page.PageError += (_, error) => Complain(true, error);
        return page;
    }

    /// <summary>Through the sign-in page, as a person does.</summary>
    protected async Task SignInAsync(IPage page, string password = TestServer.Password)
    {
        await page.GotoAsync("/signin");
        await page.FillAsync("#address", You);
        await page.FillAsync("#password", password);
        await page.ClickAsync("main button.main");
    }

    /// <summary>As <see cref="SignInAsync"/>, until the pages behind it are there.</summary>
    protected async Task EnterAsync(IPage page, string password = TestServer.Password)
    {
        await SignInAsync(page, password);
        await page.Locator("details.me").WaitForAsync();
    }

    /// <summary>What axe calls serious or critical on the page as it stands, in light and dark, at every width.</summary>
    protected static async Task AssertAccessibleAsync(IPage page) => Assert.Empty(await ObstaclesAsync(page));

    /// <inheritdoc cref="AssertAccessibleAsync"/>
    private protected static async Task<IReadOnlyList<string>> ObstaclesAsync(IPage page)
    {
        var all = new List<string>();
        foreach (ColorScheme colours in new[] { ColorScheme.Light, ColorScheme.Dark })
        {
            await page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = colours });
            foreach (int width in Widths)
            {
                await page.SetViewportSizeAsync(width, Height);
                // In the dark nothing is different but the colours.
                IReadOnlyList<string> found = await Axe.RunAsync(page, colours == ColorScheme.Dark ? ["color-contrast"] : [], Cancel);
                all.AddRange(found.Select(obstacle => $"{page.Url}, {colours}, {width}: {obstacle}"));
                // Nothing sticks out: a page that scrolls sideways is broken on a phone.
                if (!await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))
                {
                    all.Add($"{page.Url} is wider than {width} pixels.");
                }
            }
        }

        return all;
    }

    /// <summary>Pictures of the page in light and dark at every width, for people to look at: only where SCREENSHOTS names a folder.</summary>
    protected static async Task PictureAsync(IPage page, string name)
    {
        if (Environment.GetEnvironmentVariable("SCREENSHOTS") is not { Length: > 0 } folder)
        {
            return;
        }

        foreach (ColorScheme colours in new[] { ColorScheme.Light, ColorScheme.Dark })
        {
            await page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = colours });
            foreach (int width in Widths)
            {
                await page.SetViewportSizeAsync(width, Height);
                await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, $"{name}-{width}-{colours}.png".ToLowerInvariant()), FullPage = true });
            }
        }
    }

    /// <summary>What the browser is to complain of in this test: before or after this is said.</summary>
    protected void Expect(string complaint) => _expected.Add(complaint);

    private async Task ScreenshotAsync(string what)
    {
        string name = FileName().Replace(TestContext.Current.Test?.TestDisplayName ?? "test", "-");
        await Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(AppContext.BaseDirectory, "screenshots", $"{name}-{what}.png"), FullPage = true });
    }

    private void Complain(bool isComplaint, string text)
    {
        // A form that is refused comes with its page and a status of 4xx, which the console repeats.
        if (isComplaint && !text.StartsWith("Failed to load resource: the server responded with a status of 4", StringComparison.Ordinal))
        {
            _complaints.Enqueue(text);
        }
    }

    [GeneratedRegex("[^A-Za-z0-9_.]+")]
    private static partial Regex FileName();
}
