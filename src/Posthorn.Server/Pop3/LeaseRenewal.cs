using Microsoft.Extensions.Logging;
using Posthorn.Core;
using Posthorn.Core.Maildrops;

namespace Posthorn.Server.Pop3;

/// <summary>Prolongs the lease on a maildrop for as long as its session lives, however silent the client is.</summary>
/// <remarks>RFC 1939 §4: the exclusive lock holds through the whole TRANSACTION state, so also up to the autologout, which is later than the lease's end.</remarks>
internal sealed partial class LeaseRenewal : IAsyncDisposable
{
    private readonly Maildrops _maildrops;
    private readonly MaildropLease _lease;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _end = new();
    private readonly PeriodicTimer _timer;
    private readonly Task _renewing;
    private volatile bool _isLost;

    public LeaseRenewal(Maildrops maildrops, MaildropLease lease, TimeProvider time, ILogger logger)
    {
        (_maildrops, _lease, _logger) = (maildrops, lease, logger);
        _timer = new PeriodicTimer(Maildrops.LeaseTime / 2, time);
        _renewing = RenewAsync(_end.Token);
    }

    /// <summary>The store or this process stood still too long: another session may have the maildrop.</summary>
    public bool IsLost => _isLost;

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _renewing;
        _timer.Dispose();
        _end.Dispose();
    }

    private async Task RenewAsync(CancellationToken cancel)
    {
        while (!_isLost)
        {
            try
            {
                await _timer.WaitForNextTickAsync(cancel);
                _isLost = !await _maildrops.RenewAsync(_lease, cancel);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (StoreUnavailableException failure)
            {
                // The next try comes before the lease ends.
                LogNotRenewed(failure.Message);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "the lease on a maildrop could not be prolonged now: {Reason}")]
    private partial void LogNotRenewed(string reason);
}
