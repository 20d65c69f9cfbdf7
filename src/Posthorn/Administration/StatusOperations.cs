using System.Diagnostics;
using Posthorn.Core;
using Posthorn.Core.Queue;
using Posthorn.Core.Storage;
using Posthorn.Hosting;

namespace Posthorn.Administration;

internal sealed record StatusRequest;

/// <param name="Ports">Mail listeners with the ports they are bound to.</param>
/// <param name="Trouble">Why mail cannot be taken now; null: it can, something was just written and synced.</param>
/// <param name="FreeBytes">On the disk of the data folder.</param>
/// <param name="Waiting">Messages in the queue.</param>
/// <param name="Oldest">When the oldest of them came.</param>
internal sealed record ServerStatus(
    int ProcessId, DateTimeOffset Started, long ResidentBytes, IReadOnlyDictionary<string, int> Ports, string? Trouble = null, long FreeBytes = 0, int Waiting = 0,
    DateTimeOffset? Oldest = null);

/// <summary><c>status</c>: whether a server runs on this data folder, since when, where it listens, and whether all is well.</summary>
internal static class StatusOperations
{
    public static readonly Operation<StatusRequest, ServerStatus> Show = new("status", static async (context, request, cancel) =>
    {
        if (context.Services.GetService<MailPorts>() is not { } ports)
        {
            return new Refusal.NotFound("server running on this data folder");
        }

        string? trouble = await Health.TroubleAsync(context.Services.GetRequiredService<IStore>(), cancel);
        IReadOnlyList<QueueEntry> waiting = trouble is null && (await context.Services.GetRequiredService<MailQueue>().ListAsync(context.Actor, cancel))
            .TryGet(out IReadOnlyList<QueueEntry>? entries, out Refusal? _) ? entries : [];
        using var process = Process.GetCurrentProcess();
        return new ServerStatus(
            process.Id, new DateTimeOffset(process.StartTime.ToUniversalTime()), process.WorkingSet64, ports.All, trouble,
            new DriveInfo(context.Services.GetRequiredService<StoreOptions>().DataFolder).AvailableFreeSpace, waiting.Count,
            waiting.Count == 0 ? null : waiting.Min(static entry => entry.Received));
    })
    { LeavesStoreAsItIs = true };

    public static readonly Operation[] All = [Show];
}
