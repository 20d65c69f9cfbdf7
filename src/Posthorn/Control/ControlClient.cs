using System.Net.Sockets;
using System.Text.Json;
using Posthorn.Administration;
using Posthorn.Configuration;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Maintenance;
using Posthorn.Core.Storage;
using Posthorn.Hosting;

namespace Posthorn.Control;

/// <summary>An operation was refused or could not be done; the message is for the person at the terminal.</summary>
internal sealed class OperationRefusedException(string message) : Exception(message);

/// <summary>Runs operations where the store is: in the server that has it open, else here.</summary>
internal sealed class ControlClient(PosthornOptions options)
{
    public async Task<TResult> RunAsync<TRequest, TResult>(
        Operation<TRequest, TResult> operation, TRequest request, IProgress<WorkProgress> progress, CancellationToken cancel)
    {
        JsonElement body = JsonSerializer.SerializeToElement(request, ControlJson.Options);
        ControlLine last = await TryServerAsync(operation.Name, body, progress, cancel) ?? await RunHereAsync(operation, body, progress, cancel);
        if (last.Refusal is { } refusal)
        {
            throw new OperationRefusedException(refusal);
        }

        return last.Result!.Value.Deserialize<TResult>(ControlJson.Options)!;
    }

    /// <summary>Null when no server listens.</summary>
    private async Task<ControlLine?> TryServerAsync(string operation, JsonElement request, IProgress<WorkProgress> progress, CancellationToken cancel)
    {
        string path = ControlSocket.PathIn(options.DataFolder);
        if (!File.Exists(path))
        {
            return null;
        }

        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancel);
        }
        catch (SocketException failure) when (failure.SocketErrorCode == SocketError.ConnectionRefused)
        {
            // Left behind by a server that was killed.
            socket.Dispose();
            return null;
        }
        catch (SocketException failure)
        {
            socket.Dispose();
            throw new OperationRefusedException($"The control socket {path} cannot be opened: {failure.Message}. Run as the user who runs the server.");
        }

        using var handler = new SocketsHttpHandler { ConnectCallback = (_, _) => ValueTask.FromResult<Stream>(new NetworkStream(socket, ownsSocket: true)) };
        using var http = new HttpClient(handler) { BaseAddress = new Uri("http://posthorn/"), Timeout = Timeout.InfiniteTimeSpan };
        using var message = new HttpRequestMessage(HttpMethod.Post, $"control/{operation}") { Content = JsonContent.Create(request) };
        using HttpResponseMessage response = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancel);
        if (!response.IsSuccessStatusCode)
        {
            throw new OperationRefusedException($"The running server does not know \"{operation}\": it is another version. Restart it first.");
        }

        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(cancel));
        return await ReadLinesAsync(lines, progress, cancel);
    }

    private static async Task<ControlLine> ReadLinesAsync(StreamReader lines, IProgress<WorkProgress> progress, CancellationToken cancel)
    {
        while (await lines.ReadLineAsync(cancel) is { } text)
        {
            ControlLine line = JsonSerializer.Deserialize<ControlLine>(text, ControlJson.Options)!;
            if (line.Progress is not { } step)
            {
                return line;
            }

            progress.Report(step);
        }

        throw new OperationRefusedException("The server ended before it was done. Look at its log, then run the command again.");
    }

    private async Task<ControlLine> RunHereAsync(Operation operation, JsonElement request, IProgress<WorkProgress> progress, CancellationToken cancel)
    {
        await using ServiceProvider services = StoreHost.Build(options);
        try
        {
            services.GetRequiredService<IStore>();
            if (!operation.LeavesStoreAsItIs)
            {
                await services.GetRequiredService<StoreUse>().BeginAsync(cancel);
            }

            (JsonElement? result, string? refusal) =
                await operation.RunAsync(new OperationContext(services, Actor.System("control"), progress), request, cancel);
            return new ControlLine(null, result, refusal);
        }
        catch (Exception failure) when (failure is StoreOpeningException or StoreUnavailableException or IOException or UnauthorizedAccessException)
        {
            throw new OperationRefusedException(failure.Message);
        }
    }
}
