using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Posthorn.Core.Access;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Delivery;

/// <summary>The recent deliveries with the reason of every refusal, for whoever is asked "where is my mail?".</summary>
/// <remarks>
/// It is for looking at, not part of what is promised: nothing waits for it. Events are collected and written together, once a second at the most; under a load that is
/// more than it holds the oldest of what waits are left out. A message stays in the queue and in mailboxes whether its line was written or not.
/// </remarks>
public sealed partial class DeliveryLog : BackgroundService
{
    /// <summary>Events that are kept; the oldest go first.</summary>
    public const int MaxKept = 20_000;

    /// <summary>Events that a page shows.</summary>
    public const int MaxShown = 200;

    /// <summary>Characters of a reason, an address or a host; what is beyond is cut off.</summary>
    public const int MaxText = 500;

    /// <summary>Events that wait to be written, and that one write takes.</summary>
    private const int MaxWaiting = 1_000;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly IStore _store;
    private readonly TimeProvider _time;
    private readonly ILogger<DeliveryLog> _log;
    private readonly Channel<DeliveryEvent> _waiting = Channel.CreateBounded<DeliveryEvent>(
        new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    internal DeliveryLog(IStore store, TimeProvider time, ILogger<DeliveryLog> log) => (_store, _time, _log) = (store, time, log);

    public void Add(DeliveryResult result, string sender, string recipient, string host, string reason) =>
        _waiting.Writer.TryWrite(new DeliveryEvent(_time.GetUtcNow(), result, Cut(sender), Cut(recipient), Cut(host), Cut(reason)));

    /// <summary>The newest first.</summary>
    /// <param name="actor">An administrator.</param>
    /// <param name="address">Part of a sender or a recipient; empty: all.</param>
    /// <param name="troubleOnly">Without what went well.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async ValueTask<Result<IReadOnlyList<DeliveryEvent>>> ListAsync(Actor actor, string address, bool troubleOnly, CancellationToken cancel)
    {
        if (Rights.Check(actor, AccountId.Store, Right.Administer) is { } refusal)
        {
            return refusal;
        }

        return new Result<IReadOnlyList<DeliveryEvent>>(await _store.ReadAsync(
            AccountId.Store, session => session.DeliveryEvents.ListAsync(Cut(address.Trim()), troubleOnly, MaxShown), cancel));
    }

    /// <summary>Writes what waits. Returns how many events that were.</summary>
    public async Task<int> FlushAsync(CancellationToken cancel)
    {
        var events = new List<DeliveryEvent>();
        while (events.Count < MaxWaiting && _waiting.Reader.TryRead(out DeliveryEvent? next))
        {
            events.Add(next);
        }

        if (events.Count > 0)
        {
            await _store.WriteAsync(
                ReadOnlyMemory<AccountId>.Empty,
                async session =>
                {
                    await session.DeliveryEvents.InsertAsync(events, MaxKept);
                    return Done.Value;
                },
                cancel);
        }

        return events.Count;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (await _waiting.Reader.WaitToReadAsync(stoppingToken))
            {
                await Task.Delay(Pause, _time, stoppingToken);
                await TryFlushAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await TryFlushAsync(CancellationToken.None);
        }
    }

    private async Task TryFlushAsync(CancellationToken cancel)
    {
        try
        {
            await FlushAsync(cancel);
        }
        catch (StoreUnavailableException failure)
        {
            Lost(_log, failure);
        }
    }

    private static string Cut(string text) => text.Length <= MaxText ? text : text[..MaxText];

    [LoggerMessage(LogLevel.Warning, "Lines of the log of deliveries were lost: the store could not be written")]
    private static partial void Lost(ILogger log, Exception failure);
}
