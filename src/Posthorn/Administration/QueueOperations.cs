using Posthorn.Core;
using Posthorn.Core.Queue;

namespace Posthorn.Administration;

internal sealed record QueueRequest(long? Id = null);

internal sealed record QueueRecipientInfo(string Address, int Attempts, DateTimeOffset NextAttempt, string? LastReply);

internal sealed record QueueInfo(long Id, string Sender, DateTimeOffset Received, DateTimeOffset Expires, long Size, IReadOnlyList<QueueRecipientInfo> Recipients);

internal sealed record QueueCount(int Recipients);

/// <summary><c>queue list|show|retry|drop</c>.</summary>
internal static class QueueOperations
{
    public static readonly Operation<QueueRequest, IReadOnlyList<QueueInfo>> List = new("queue.list", static async (context, _, cancel) =>
        (await Queue(context).ListAsync(context.Actor, cancel)).Map<IReadOnlyList<QueueInfo>>(entries => [.. entries.Select(Info)]))
    { LeavesStoreAsItIs = true };

    public static readonly Operation<QueueRequest, QueueInfo> Show = new("queue.show", static async (context, request, cancel) =>
        (await Queue(context).GetAsync(context.Actor, Id(request), cancel)).Map(Info))
    { LeavesStoreAsItIs = true };

    public static readonly Operation<QueueRequest, QueueCount> Retry = new("queue.retry", static async (context, request, cancel) =>
        (await Queue(context).RetryAsync(context.Actor, request.Id is { } id ? new EnvelopeId(id) : null, cancel)).Map(count => new QueueCount(count)));

    public static readonly Operation<QueueRequest, Done> Drop = new("queue.drop", static (context, request, cancel) =>
        Queue(context).DropAsync(context.Actor, Id(request), cancel));

    public static readonly Operation[] All = [List, Show, Retry, Drop];

    private static MailQueue Queue(OperationContext context) => context.Services.GetRequiredService<MailQueue>();

    private static EnvelopeId Id(QueueRequest request) => new(request.Id ?? throw new System.Text.Json.JsonException("The id of a queued message is missing."));

    private static QueueInfo Info(QueueEntry entry) => new(
        entry.Id.Value, entry.Sender.Length == 0 ? "<>" : entry.Sender, entry.Received, entry.Expires, entry.SizeBytes,
        [.. entry.Recipients.Select(recipient => new QueueRecipientInfo(recipient.Address, recipient.Attempts, recipient.NextAttempt, recipient.LastReply))]);
}
