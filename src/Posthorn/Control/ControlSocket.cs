using System.Text.Json;
using Posthorn.Administration;
using Posthorn.Core;
using Posthorn.Core.Access;

namespace Posthorn.Control;

/// <summary>
/// The server's side of the control socket: HTTP over a Unix socket in the data folder that only its owner may open. <c>POST /control/{operation}</c> with
/// JSON answers JSON lines: any number of progress lines, then one with the result or the refusal.
/// </summary>
internal static partial class ControlSocket
{
    public const string FileName = "control.sock";

    public static string PathIn(string dataFolder) => Path.Combine(dataFolder, FileName);

    public static void MapControl(this IEndpointRouteBuilder routes, ILogger log) =>
        routes.MapPost("/control/{operation}", async (string operation, HttpContext http) =>
        {
            // The same Kestrel serves the web: control is only what came in by the socket.
            if (http.Connection.LocalIpAddress is not null || Operations.Find(operation) is not { } found)
            {
                http.Response.StatusCode = StatusCodes.Status404NotFound;
                return;
            }

            http.Response.ContentType = "application/x-ndjson";
            ControlLine last = await RunAsync(found, http, log);
            await WriteAsync(http, last);
        });

    private static async Task<ControlLine> RunAsync(Operation operation, HttpContext http, ILogger log)
    {
        using JsonDocument request = await JsonDocument.ParseAsync(http.Request.Body, cancellationToken: http.RequestAborted);
        var progress = new ProgressLines(http);
        try
        {
            var context = new OperationContext(http.RequestServices, Actor.System("control"), progress);
            (JsonElement? result, string? refusal) = await operation.RunAsync(context, request.RootElement, http.RequestAborted);
            await progress.FinishAsync();
            return new ControlLine(null, result, refusal);
        }
        catch (Exception failure) when (failure is JsonException or StoreUnavailableException or IOException or UnauthorizedAccessException)
        {
            await progress.FinishAsync();
            LogFailed(log, operation.Name, failure.Message);
            return new ControlLine(null, null, failure.Message);
        }
    }

    private static async Task WriteAsync(HttpContext http, ControlLine line)
    {
        await JsonSerializer.SerializeAsync(http.Response.Body, line, ControlJson.Options, http.RequestAborted);
        await http.Response.Body.WriteAsync("\n"u8.ToArray(), http.RequestAborted);
        await http.Response.Body.FlushAsync(http.RequestAborted);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The operation {Operation} failed: {Reason}")]
    private static partial void LogFailed(ILogger log, string operation, string reason);

    /// <summary>Writes progress lines one after another; what comes while one is being written replaces what waits.</summary>
    private sealed class ProgressLines(HttpContext http) : IProgress<WorkProgress>
    {
        private readonly Lock _gate = new();
        private WorkProgress? _waiting;
        private Task _writing = Task.CompletedTask;

        public void Report(WorkProgress value)
        {
            lock (_gate)
            {
                _waiting = value;
                if (_writing.IsCompleted)
                {
                    _writing = WriteAllAsync();
                }
            }
        }

        public async Task FinishAsync()
        {
            Task writing;
            lock (_gate)
            {
                writing = _writing;
            }

            await writing;
        }

        private async Task WriteAllAsync()
        {
            while (true)
            {
                WorkProgress? next;
                lock (_gate)
                {
                    (next, _waiting) = (_waiting, null);
                    if (next is null)
                    {
                        return;
                    }
                }

                await WriteAsync(http, new ControlLine(next, null, null));
            }
        }
    }
}

/// <summary>One line of an answer: progress, or the end of it.</summary>
internal sealed record ControlLine(WorkProgress? Progress, JsonElement? Result, string? Refusal);
