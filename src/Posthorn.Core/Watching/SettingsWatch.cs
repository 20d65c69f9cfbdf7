namespace Posthorn.Core.Watching;

/// <summary>What one person may see while they set an app up.</summary>
/// <remarks>
/// A connection that signs in, or tries to, as this account is shown from then on, wherever it comes from. One that has named nobody yet is shown when it comes
/// from the watcher's own address (a /64 of IPv6). One that names anybody else shows that, once and without the name, and nothing after it: whether that name exists
/// and whether its password was right is not told.
/// </remarks>
public sealed class SettingsWatch
{
    /// <summary>Reports kept for a page that is loaded again; the oldest go first.</summary>
    public const int MaxReports = 200;

    /// <summary>Connections whose names are remembered.</summary>
    private const int MaxConnections = 1_000;

    private readonly Lock _lock = new();
    private readonly string _address;
    private readonly Queue<(long Number, ConnectionReport Report)> _reports = new();
    private readonly Dictionary<string, bool> _isOwn = [];
    private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _number;

    internal SettingsWatch(AccountId account, string address, byte[] source, DateTimeOffset now) =>
        (Account, _address, Source, LookedAt) = (account, address, source, now);

    internal AccountId Account { get; }

    internal byte[] Source { get; }

    internal DateTimeOffset LookedAt { get; set; }

    /// <summary>Reports with a higher number, oldest first.</summary>
    public IReadOnlyList<(long Number, ConnectionReport Report)> After(long number)
    {
        lock (_lock)
        {
            return [.. _reports.Where(entry => entry.Number > number)];
        }
    }

    /// <summary>Completes once there is a report with a higher number.</summary>
    public Task WaitAsync(long number, CancellationToken cancel)
    {
        lock (_lock)
        {
            return _number > number ? Task.CompletedTask : _news.Task.WaitAsync(cancel);
        }
    }

    /// <summary>Forgets what was seen: the page begins anew.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _reports.Clear();
        }
    }

    internal void Offer(ConnectionReport report, byte[] source)
    {
        lock (_lock)
        {
            if (Shown(report, source.AsSpan().SequenceEqual(Source)) is not { } shown)
            {
                return;
            }

            _reports.Enqueue((++_number, shown));
            if (_reports.Count > MaxReports)
            {
                _reports.Dequeue();
            }

            TaskCompletionSource told = _news;
            _news = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            told.SetResult();
        }
    }

    private ConnectionReport? Shown(ConnectionReport report, bool isFromHere)
    {
        bool isNamed = _isOwn.TryGetValue(report.Connection, out bool isOwn);
        if (report.Step == ConnectionStep.Ended)
        {
            _isOwn.Remove(report.Connection);
        }

        if (report.User is null)
        {
            return isNamed ? (isOwn ? report : null) : isFromHere ? report : null;
        }

        if (_isOwn.Count >= MaxConnections)
        {
            _isOwn.Clear();
        }

        _isOwn[report.Connection] = report.User == _address;
        if (report.User == _address)
        {
            return report;
        }

        return isFromHere && !(isNamed && !isOwn) ? report with { Step = ConnectionStep.OtherUser, User = null, Detail = null } : null;
    }
}
