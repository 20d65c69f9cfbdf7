using Posthorn.Core;
using Posthorn.Core.Storage;

namespace Posthorn.Hosting;

/// <summary>What is served over HTTP besides the pages: health and metrics.</summary>
internal static class WebEdge
{
    public static void Map(WebApplication app)
    {
        app.MapGet("/healthz", async (IServiceProvider services, CancellationToken cancel) =>
        {
            try
            {
                // Healthy means that mail can be taken: a write that is synced.
                await services.GetRequiredService<IStore>().WriteAsync(ReadOnlyMemory<AccountId>.Empty, static _ => ValueTask.FromResult(true), cancel);
                return Results.Text("ok\n");
            }
            catch (StoreUnavailableException failure)
            {
                return Results.Text(failure.Message + "\n", statusCode: StatusCodes.Status503ServiceUnavailable);
            }
        });
        app.MapPrometheusScrapingEndpoint("/metrics").RequireHost($"*:{Port(app)}");
    }

    private static int Port(WebApplication app) => app.Services.GetRequiredService<Posthorn.Configuration.PosthornOptions>().Listeners.Metrics?.Port ?? 0;
}
