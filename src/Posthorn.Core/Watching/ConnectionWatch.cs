using System.Net;
using Posthorn.Core.Accounts;
using Posthorn.Standards.Smtp;

namespace Posthorn.Core.Watching;

/// <summary>Hands what connections come to on to the people who set an app up at this moment.</summary>
/// <remarks>
/// In memory, for this process alone: a connection to another node is not seen. Where nobody watches, a report costs one look at a counter. Nothing is kept
/// longer than its watch, and nothing is written down.
/// </remarks>
public sealed class ConnectionWatch(TimeProvider time)
{
    /// <summary>Watches at a time; the oldest end first.</summary>
    public const int MaxWatches = 500;

    /// <summary>A watch ends this long after its page was last looked at.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(15);

    private readonly Lock _lock = new();
    private readonly List<SettingsWatch> _watches = [];
    private volatile int _count;

    /// <summary>Somebody looks: reports are worth making.</summary>
    public bool IsWatched => _count > 0;

    /// <summary>The watch of this account from there; one that goes on is looked at anew.</summary>
    /// <param name="address">Canonical address of the account, which is its user name.</param>
    public SettingsWatch Watch(AccountId account, string address, IPAddress? remote)
    {
        DateTimeOffset now = time.GetUtcNow();
        byte[] source = SignInSource.Of(remote).Octets;
        lock (_lock)
        {
            _watches.RemoveAll(watch => now - watch.LookedAt > Lifetime);
            if (_watches.Find(watch => watch.Account == account && watch.Source.AsSpan().SequenceEqual(source)) is not { } mine)
            {
                mine = new SettingsWatch(account, address, source, now);
                _watches.Add(mine);
            }

            mine.LookedAt = now;
            if (_watches.Count > MaxWatches)
            {
                _watches.Remove(_watches.MinBy(static watch => watch.LookedAt)!);
            }

            _count = _watches.Count;
            return mine;
        }
    }

    /// <param name="user">Of a sign-in: the name as the client gave it.</param>
    public void Report(ConnectionReport report, string? user = null)
    {
        if (!IsWatched)
        {
            return;
        }

        report = report with { User = user is null ? null : EmailAddress.TryParse(user, out EmailAddress? address) ? address.Canonical : "" };
        byte[] source = SignInSource.Of(report.Remote).Octets;
        lock (_lock)
        {
            DateTimeOffset now = time.GetUtcNow();
            _watches.RemoveAll(watch => now - watch.LookedAt > Lifetime);
            _count = _watches.Count;
            foreach (SettingsWatch watch in _watches)
            {
                watch.Offer(report, source);
            }
        }
    }
}
