using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Security;

/// <summary>Sign-ins of all accounts and those that were refused, for whoever runs the server and is asked "who was that?".</summary>
/// <remarks>
/// It is for looking at: nothing waits for it and nothing is decided by it. Lines are collected and written together, once a second at the most; tries that are alike
/// join one line, and under a flood the oldest of what waits are left out. What strangers can make happen (refusals, with any address they invent) and what they
/// cannot (sign-ins) have limits of their own, so that a flood of the one pushes out nothing of the other.
/// </remarks>
public sealed partial class SignInLog : BackgroundService
{
    /// <summary>Lines of sign-ins that are kept, and lines of refusals; the oldest of each go first.</summary>
    public const int MaxKept = 20_000;

    /// <summary>Lines of a page.</summary>
    public const int PageSize = 100;

    /// <summary>Characters of a name or an address; what is beyond is cut off.</summary>
    public const int MaxText = 320;

    /// <summary>As long a line is kept: addresses of people's connections are nothing to be hoarded.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromDays(90);

    /// <summary>Tries that are alike join a line that began within this time.</summary>
    public static readonly TimeSpan OneLine = TimeSpan.FromHours(1);

    /// <summary>Tries that wait to be written, and that one write takes.</summary>
    private const int MaxWaiting = 1_000;

    /// <summary>What is too old or too much goes after as many new lines, or after <see cref="OneLine"/>.</summary>
    private const int TrimmedEvery = 1_000;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly IStore _store;
    private readonly TimeProvider _time;
    private readonly ILogger<SignInLog> _log;
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly Channel<SignInEvent> _waiting = Channel.CreateBounded<SignInEvent>(new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropOldest });

    private int _sinceTrim;
    private DateTimeOffset _trimmed = DateTimeOffset.MinValue;

    internal SignInLog(IStore store, TimeProvider time, ILogger<SignInLog> log) => (_store, _time, _log) = (store, time, log);

    /// <summary>The newest first.</summary>
    /// <param name="actor">An administrator.</param>
    /// <param name="user">Part of an address; empty: all.</param>
    /// <param name="refusedOnly">Without those that were right.</param>
    /// <param name="page">From zero.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async ValueTask<Result<SignInLogPage>> ListAsync(Actor actor, string user, bool refusedOnly, int page, CancellationToken cancel)
    {
        if (Rights.Check(actor, AccountId.Store, Right.Administer) is { } refusal)
        {
            return refusal;
        }

        await FlushAsync(cancel);
        int first = Math.Clamp(page, 0, 2 * MaxKept / PageSize) * PageSize;
        IReadOnlyList<SignInEvent> found = await _store.ReadAsync(
            AccountId.Store, session => session.Security.SignInEventsAsync(Cut(user.Trim()).ToLowerInvariant(), refusedOnly, first, PageSize + 1), cancel);
        return new SignInLogPage(first / PageSize, [.. found.Take(PageSize)], found.Count > PageSize);
    }

    /// <summary>Writes what waits.</summary>
    public async Task FlushAsync(CancellationToken cancel)
    {
        await _writing.WaitAsync(cancel);
        try
        {
            while (Take() is { Count: > 0 } lines)
            {
                DateTimeOffset now = _time.GetUtcNow();
                bool isTrimmed = _sinceTrim + lines.Count >= TrimmedEvery || now - _trimmed >= OneLine;
                await _store.WriteAsync(
                    ReadOnlyMemory<AccountId>.Empty,
                    async session =>
                    {
                        foreach (SignInEvent line in lines)
                        {
                            await session.Security.EnterSignInAsync(line, line.First - OneLine);
                        }

                        if (isTrimmed)
                        {
                            await session.Security.TrimSignInsAsync(now - KeptFor, MaxKept);
                        }

                        return Done.Value;
                    },
                    cancel);
                (_sinceTrim, _trimmed) = isTrimmed ? (0, now) : (_sinceTrim + lines.Count, _trimmed);
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

    /// <param name="user">As the client gave it, where it is an address; else empty.</param>
    internal void Refused(string user, string protocol, SignInOrigin from, SignInOutcome outcome, string? credential = null)
    {
        DateTimeOffset now = _time.GetUtcNow();
        Add(new SignInEvent(user, protocol, from.Address?.ToString() ?? "", from.Client ?? "", credential ?? "", outcome, now, now, 1));
    }

    internal void Accepted(string user, SignInRecord record) =>
        Add(new SignInEvent(user, record.Protocol, record.Address ?? "", record.Client ?? "", record.Credential ?? "", SignInOutcome.Accepted, record.Last, record.Last, 1));

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

    private void Add(SignInEvent line) => _waiting.Writer.TryWrite(line with { User = Cut(line.User), Client = Cut(line.Client), Credential = Cut(line.Credential) });

    /// <summary>What waits, alike ones joined.</summary>
    private List<SignInEvent> Take()
    {
        var lines = new Dictionary<(string, string, string, string, string, SignInOutcome), SignInEvent>();
        for (int taken = 0; taken < MaxWaiting && _waiting.Reader.TryRead(out SignInEvent? next); taken++)
        {
            var key = (next.User, next.Protocol, next.Address, next.Client, next.Credential, next.Outcome);
            lines[key] = lines.TryGetValue(key, out SignInEvent? before) ? before with { Last = next.Last, Times = before.Times + next.Times } : next;
        }

        return [.. lines.Values];
    }

    private async Task TryFlushAsync(CancellationToken cancel)
    {
        try
        {
            await FlushAsync(cancel);
        }
        catch (StoreUnavailableException failure)
        {
            LogLost(failure);
        }
    }

    private static string Cut(string text) => text.Length <= MaxText ? text : text[..MaxText];

    [LoggerMessage(LogLevel.Warning, "Lines of the log of sign-ins were lost: the store could not be written")]
    private partial void LogLost(Exception failure);
}

/// <param name="Page">From zero.</param>
/// <param name="Lines">The newest first.</param>
/// <param name="HasMore">There are older ones.</param>
public sealed record SignInLogPage(int Page, IReadOnlyList<SignInEvent> Lines, bool HasMore);
