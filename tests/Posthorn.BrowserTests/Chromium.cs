using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(Posthorn.BrowserTests.Chromium))]

namespace Posthorn.BrowserTests;

/// <summary>Debian's Chromium, started once for the whole run. Each test has a context of its own: cookies, storage, cache.</summary>
public sealed class Chromium : IAsyncLifetime
{
    /// <summary>The first start of Chromium fills its caches of fonts and shaders.</summary>
    private const float StartTimeout = 120_000;

    private static readonly string[] Arguments =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ];

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public IBrowser Browser => _browser ?? throw new InvalidOperationException("Chromium is not started.");

    public async ValueTask InitializeAsync()
    {
        Assertions.SetDefaultExpectTimeout(BrowserTest.Patience);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Executable(),
            Args = Arguments,
            Timeout = StartTimeout,
        });
    }

    public async ValueTask DisposeAsync()
    {
        await Browser.DisposeAsync();
        _playwright?.Dispose();
    }

    private static string Executable() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, "chromium")).FirstOrDefault(File.Exists)
        ?? throw new FileNotFoundException("Chromium is missing; Debian's package is chromium.");
}
