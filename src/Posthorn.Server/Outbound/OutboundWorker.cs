using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Posthorn.Core;
using Posthorn.Core.Accounts;
using Posthorn.Core.Queue;
using Posthorn.Standards.Dns;

namespace Posthorn.Server.Outbound;

/// <summary>
/// Works off the queue: leases due mail, delivers each domain's on its own, writes what came of it. One bad destination never delays another.
/// </summary>
public sealed partial class OutboundWorker : BackgroundService
{
    /// <summary>Groups (one envelope, one domain) leased at a time.</summary>
    private const int LeaseAtOnce = 64;

    /// <summary>Mail that had to wait longer for its turn renews its lease first; most goes at once, and costs no write for it.</summary>
    private static readonly TimeSpan RenewAfter = TimeSpan.FromMinutes(1);

    /// <summary>How long the worker waits before it looks again when every due domain is busy, or the store failed.</summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(2);

    private readonly OutboundSettings _settings;
    private readonly MailQueue _queue;
    private readonly LocalDelivery _local;
    private readonly Domains _domains;
    private readonly MxTargets _targets;
    private readonly MessageSigner _signer;
    private readonly OutcomeReport _report;
    private readonly LeaseKeeper _keeper;
    private readonly TimeProvider _time;
    private readonly ILogger<OutboundWorker> _log;
    private readonly Dictionary<string, int> _running = [];
    private readonly Lock _gate = new();
    private readonly string _node;
    private TaskCompletionSource _freed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public OutboundWorker(
        OutboundSettings settings, MailQueue queue, Recipients recipients, Domains domains, IDnsResolver resolver, Core.Messages.Messages messages,
        Node node, Core.Delivery.DeliveryLog deliveries, TimeProvider time, ILogger<OutboundWorker> log)
    {
        (_settings, _queue, _domains, _time, _log) = (settings, queue, domains, time, log);
        _node = node.Name;
        _targets = new MxTargets(resolver, Random.Shared, [settings.HostName], System.Net.Sockets.Socket.OSSupportsIPv6);
        _local = new LocalDelivery(queue, recipients);
        _signer = new MessageSigner(domains, time);
        _report = new OutcomeReport(settings, queue, recipients, messages, deliveries, time);
        _keeper = new LeaseKeeper(queue, _node, settings.Lease, time);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var tasks = new List<Task>();
        try
        {
            // Leases of this node before it was killed: nobody works on them.
            await UntilStoreAnswersAsync(() => _queue.ReleaseAsync(_node, stoppingToken), stoppingToken);
            while (true)
            {
                tasks.RemoveAll(task => task.IsCompleted);
                await StepAsync(tasks, stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(tasks);
            await _queue.ReleaseAsync(_node, CancellationToken.None);
        }
    }

    private async Task StepAsync(List<Task> tasks, CancellationToken cancel)
    {
        try
        {
            Task freed = Volatile.Read(ref _freed).Task;
            string[] busy = Busy(out int free);
            IReadOnlyList<QueuedMail> leased = free == 0 ? [] : await _queue.LeaseAsync(_node, _settings.Lease, Math.Min(LeaseAtOnce, free * 4), busy, cancel);
            foreach (IGrouping<string, QueuedMail> domain in leased.GroupBy(mail => mail.Domain))
            {
                tasks.AddRange(Start(domain.Key, [.. domain], cancel));
            }

            if (leased.Count > 0)
            {
                return;
            }

            if (busy.Length > 0 || free == 0)
            {
                // Due mail of busy domains would end the wait for work at once.
                await Task.WhenAny(freed, Task.Delay(LookAgain, _time, cancel));
                cancel.ThrowIfCancellationRequested();
            }
            else
            {
                await _queue.WaitForWorkAsync(cancel);
            }
        }
        catch (StoreUnavailableException failure)
        {
            LogStore(failure.Message);
            await Task.Delay(LookAgain, _time, cancel);
        }
    }

    /// <summary>Domains that have all connections they may have, and how many connections are left in all.</summary>
    private string[] Busy(out int free)
    {
        lock (_gate)
        {
            free = Math.Max(0, _settings.MaxConnections - _running.Values.Sum());
            return [.. _running.Where(pair => pair.Value >= _settings.MaxConnectionsPerDomain).Select(pair => pair.Key)];
        }
    }

    private List<Task> Start(string domain, QueuedMail[] mails, CancellationToken cancel)
    {
        var started = new List<Task>();
        int lanes;
        lock (_gate)
        {
            int running = _running.GetValueOrDefault(domain);
            lanes = Math.Clamp(_settings.MaxConnectionsPerDomain - running, 1, mails.Length);
            _running[domain] = running + lanes;
        }

        for (int lane = 0; lane < lanes; lane++)
        {
            QueuedMail[] share = [.. mails.Where((_, at) => at % lanes == lane)];
            started.Add(Task.Run(() => RunLaneAsync(domain, share, cancel), CancellationToken.None));
        }

        return started;
    }

    private async Task RunLaneAsync(string domain, QueuedMail[] mails, CancellationToken cancel)
    {
        int done = 0;
        try
        {
            try
            {
                await using var remote = new RemoteDelivery(_settings, _queue, _targets, _signer, _time, _log);
                bool isOurs = await _domains.FindAsync(domain, cancel) is not null;
                for (; done < mails.Length; done++)
                {
                    QueuedMail mail = await StillLeasedAsync(mails[done], cancel);
                    if (mail.Recipients.Count == 0)
                    {
                        continue;
                    }

                    using System.Diagnostics.Activity? trace = OutboundTraces.Deliver(mail);
                    IReadOnlyList<DeliveryOutcome> outcomes = isOurs
                        ? await _local.DeliverAsync(mail, cancel)
                        : await _keeper.WhileAsync(mail, remote.DeliverAsync(mail, cancel).AsTask());
                    OutboundTraces.Ended(trace, outcomes);
                    // What was sent must not be sent again because the store was away when it was to be kept.
                    await UntilStoreAnswersAsync(() => _report.WriteAsync(mail, outcomes, CancellationToken.None), cancel);
                }
            }
            catch (StoreUnavailableException failure)
            {
                LogStore(failure.Message);
                await GiveBackAsync(mails[done..], failure.Message, cancel);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping: the leases are given back.
        }
#pragma warning disable CA1031 // The root of a lane: a fault of one destination must not end the worker; the leases run out and are tried again.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            LogLane(failure, domain);
        }
        finally
        {
            lock (_gate)
            {
                if (--_running[domain] == 0)
                {
                    _running.Remove(domain);
                }
            }

            Interlocked.Exchange(ref _freed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        }
    }

    /// <summary>The mail with the recipients that are still ours to deliver: those before it in its lane may have taken longer than a lease.</summary>
    private async ValueTask<QueuedMail> StillLeasedAsync(QueuedMail mail, CancellationToken cancel) =>
        mail.LeasedUntil - _time.GetUtcNow() > _settings.Lease - RenewAfter ? mail : await _queue.RenewAsync(_node, mail, _settings.Lease, cancel);

    /// <summary>Leased mail that could not be read: it is due again soon, not when the lease ends.</summary>
    private async Task GiveBackAsync(IEnumerable<QueuedMail> mails, string reason, CancellationToken cancel)
    {
        foreach (QueuedMail mail in mails)
        {
            QueueOutcome[] rows =
            [
                .. mail.Recipients.Select(recipient => new QueueOutcome.Deferred(recipient.Id, _time.GetUtcNow() + LookAgain, reason, recipient.DelayWasReported)),
            ];
            await UntilStoreAnswersAsync(() => _queue.ReportAsync(mail.Id, rows, null, null, CancellationToken.None), cancel);
        }
    }

    /// <summary>Tries a write again until the store is back; each may be repeated even where its outcome is open.</summary>
    private async ValueTask UntilStoreAnswersAsync(Func<ValueTask> write, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                await write();
                return;
            }
            catch (StoreUnavailableException failure)
            {
                LogStore(failure.Message);
                await Task.Delay(LookAgain, _time, cancel);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The queue cannot be read or written; it is tried again: {Reason}")]
    private partial void LogStore(string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Deliveries to {Domain} failed by a fault of this program; they are tried again")]
    private partial void LogLane(Exception failure, string domain);
}
