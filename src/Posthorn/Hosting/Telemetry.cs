using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using Posthorn.Configuration;

namespace Posthorn.Hosting;

/// <summary>Logs to the terminal or the journal, metrics for Prometheus, both and traces to an OTLP endpoint where one is named.</summary>
internal static class Telemetry
{
    /// <summary>Name of all meters and activity sources of Posthorn begin so.</summary>
    private const string Ours = "Posthorn*";

    public static void Add(WebApplicationBuilder builder, TelemetryOptions options)
    {
        builder.Logging.ClearProviders();
        var level = Enum.Parse<LogLevel>(options.LogLevel, ignoreCase: true);
        builder.Logging.SetMinimumLevel(level);
        // A filter of a category counts instead of the level of all.
        builder.Logging.AddFilter("Microsoft", level > LogLevel.Warning ? level : LogLevel.Warning);
        if (options.JsonLogs)
        {
            builder.Logging.AddJsonConsole(static console => console.UseUtcTimestamp = true);
        }
        else
        {
            builder.Logging.AddSimpleConsole(static console =>
            {
                console.SingleLine = true;
                console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
                console.UseUtcTimestamp = true;
            });
        }

        OpenTelemetry.OpenTelemetryBuilder telemetry = builder.Services.AddOpenTelemetry();
        bool exports = options.OtlpEndpoint.Length > 0;
        telemetry.WithMetrics(metrics =>
        {
            metrics.AddMeter(Ours, "Microsoft.AspNetCore.Server.Kestrel").AddRuntimeInstrumentation().AddPrometheusExporter();
            if (exports)
            {
                metrics.AddOtlpExporter(otlp => otlp.Endpoint = new Uri(options.OtlpEndpoint));
            }
        });
        if (exports)
        {
            telemetry.WithTracing(traces => traces.AddSource(Ours).AddOtlpExporter(otlp => otlp.Endpoint = new Uri(options.OtlpEndpoint)));
        }
    }
}
