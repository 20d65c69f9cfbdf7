using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Security;

/// <summary>Who signed in, when and from where, as the account's owner reads it.</summary>
/// <remarks>
/// Written beside the sign-ins, never in their way: a telephone that comes each minute costs one write in <see cref="Coarseness"/>. What could not be written is lost
/// with a warning; nothing is decided by it.
/// </remarks>
public sealed partial class SignInHistory : BackgroundService
{
    /// <summary>Records kept of an account, the oldest go.</summary>
    public const int Kept = 200;

    /// <summary>A sign-in of the same client within this time of its last one joins its record.</summary>
    private static readonly TimeSpan OneRecord = TimeSpan.FromDays(1);

    /// <summary>How exact times are.</summary>
    private static readonly TimeSpan Coarseness = TimeSpan.FromMinutes(10);

    /// <summary>Sign-ins that wait to be written; beyond it the oldest are forgotten.</summary>
    private const int Waiting = 10_000;

    /// <summary>Clients remembered, to know what was written a short while ago.</summary>
    private const int Remembered = 50_000;

    private readonly IStore _store;
    private readonly SignInLog _all;
    private readonly ILogger<SignInHistory> _log;
    private readonly Channel<Posted> _posted = Channel.CreateBounded<Posted>(new BoundedChannelOptions(Waiting) { FullMode = BoundedChannelFullMode.DropOldest });
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly RecentTable<(AccountId, string, string?, string?, string?), DateTimeOffset> _written = new(Remembered);

    internal SignInHistory(IStore store, SignInLog all, ILogger<SignInHistory> log) => (_store, _all, _log) = (store, all, log);

    /// <summary>A sign-in that was right.</summary>
    /// <param name="appPassword">The one it used.</param>
    public void Post(AccountId account, SignInRecord record, Guid? appPassword = null) => _posted.Writer.TryWrite(new Posted(account, record, appPassword));

    /// <summary>The latest first; what was posted before is in it.</summary>
    public async ValueTask<Result<IReadOnlyList<SignInRecord>>> ListAsync(Actor actor, AccountId account, CancellationToken cancel)
    {
        if (Guarding.Object(actor, account) is { } refusal)
        {
            return refusal;
        }

        await WriteAsync(cancel);
        return new Result<IReadOnlyList<SignInRecord>>(await _store.ReadAsync(account, session => session.Security.SignInsAsync(account), cancel));
    }

    /// <summary>Writes what waits.</summary>
    public async Task WriteAsync(CancellationToken cancel)
    {
        await _writing.WaitAsync(cancel);
        try
        {
            while (_posted.Reader.TryRead(out Posted? posted))
            {
                await WriteAsync(posted, cancel);
            }
        }
        finally
        {
            _writing.Release();
        }
    }

    public override void Dispose()
    {
        _writing.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (await _posted.Reader.WaitToReadAsync(stoppingToken))
            {
                await WriteAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The program stops: what waits still goes to the store, which closes last.
            await WriteAsync(CancellationToken.None);
        }
    }

    private async Task WriteAsync(Posted posted, CancellationToken cancel)
    {
        (AccountId account, SignInRecord record, Guid? appPassword) = posted;
        var key = (account, record.Protocol, record.Client, record.Address, record.Credential);
        if (_written.TryGet(key, out DateTimeOffset at) && record.Last - at < Coarseness)
        {
            return;
        }

        try
        {
            string? address = await _store.WriteAsync(
                new[] { account },
                async session =>
                {
                    if (await session.Directory.AccountAsync(account) is not { } found)
                    {
                        return null;
                    }

                    await session.Security.RecordSignInAsync(account, record, record.Last - OneRecord, Kept);
                    if (appPassword is { } id)
                    {
                        await session.Security.UseAppPasswordAsync(account, id, record.Last, record.Protocol, record.Address);
                    }

                    return found.Address;
                },
                cancel);
            if (address is not null)
            {
                _all.Accepted(address, record);
            }

            _written.Set(key, record.Last);
        }
        catch (StoreUnavailableException failure)
        {
            LogLost(failure.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A sign-in could not be entered into the history: {Reason}")]
    private partial void LogLost(string reason);

    private sealed record Posted(AccountId Account, SignInRecord Record, Guid? AppPassword);
}
