using System.Diagnostics;
using Posthorn.Core;
using Posthorn.Hosting;

namespace Posthorn.Administration;

internal sealed record StatusRequest;

/// <param name="Ports">Mail listeners with the ports they are bound to.</param>
internal sealed record ServerStatus(int ProcessId, DateTimeOffset Started, long ResidentBytes, IReadOnlyDictionary<string, int> Ports);

/// <summary><c>status</c>: whether a server runs on this data folder, since when, and where it listens.</summary>
internal static class StatusOperations
{
    public static readonly Operation<StatusRequest, ServerStatus> Show = new("status", static (context, _, _) =>
    {
        if (context.Services.GetService<MailPorts>() is not { } ports)
        {
            return ValueTask.FromResult<Result<ServerStatus>>(new Refusal.NotFound("server running on this data folder"));
        }

        using var process = Process.GetCurrentProcess();
        return ValueTask.FromResult<Result<ServerStatus>>(
            new ServerStatus(process.Id, new DateTimeOffset(process.StartTime.ToUniversalTime()), process.WorkingSet64, ports.All));
    });

    public static readonly Operation[] All = [Show];
}
