using System.Globalization;
using Microsoft.Extensions.Logging;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Maintenance;

/// <summary>
/// Told when somebody begins to work with the store. A copy that <see cref="MoveStore"/> made may from then on differ from its source, and is not copied over any more. And a clock that
/// was set back is noticed: mail would wait for times that were long ago.
/// </summary>
public sealed partial class StoreUse
{
    /// <summary>Clocks of nodes may differ by this much.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    private const string LastSeen = "clock.seen";

    private readonly IStore _store;
    private readonly IStoreMaintenance _maintenance;
    private readonly TimeProvider _time;
    private readonly ILogger<StoreUse> _log;

    internal StoreUse(IStore store, IStoreMaintenance maintenance, TimeProvider time, ILogger<StoreUse> log) => (_store, _maintenance, _time, _log) = (store, maintenance, time, log);

    /// <summary>What the clock says against the store; null: it goes right.</summary>
    public async ValueTask<string?> BeginAsync(CancellationToken cancel)
    {
        await _maintenance.ClaimAsync(cancel);
        string? objection = await NoteTimeAsync(cancel);
        if (objection is not null)
        {
            LogClock(objection);
        }

        return objection;
    }

    /// <summary>Remembers how late it is, and compares it with how late it was.</summary>
    internal async ValueTask<string?> NoteTimeAsync(CancellationToken cancel)
    {
        DateTimeOffset now = _time.GetUtcNow();
        return await _store.WriteAsync<string?>(
            new[] { AccountId.Store },
            async session =>
            {
                DateTimeOffset? seen = DateTimeOffset.TryParse(
                    await session.Directory.SettingAsync(LastSeen), CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out DateTimeOffset parsed) ? parsed : null;
                if (now + Tolerance < seen)
                {
                    return string.Create(
                        CultureInfo.InvariantCulture,
                        $"The clock says {now:yyyy-MM-dd HH:mm} UTC, but this store was in use at {seen:yyyy-MM-dd HH:mm} UTC. Set the clock right: until it has passed that time, queued mail waits and new mail is dated wrongly.");
                }

                await session.Directory.SetSettingAsync(LastSeen, now.ToString("O", CultureInfo.InvariantCulture));
                return null;
            },
            cancel);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Objection}")]
    private partial void LogClock(string objection);
}
