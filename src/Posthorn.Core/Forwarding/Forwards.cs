using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies;
using Posthorn.Core.Delivery;
using Posthorn.Core.Messages;
using Posthorn.Core.Queue;
using Posthorn.Core.Security;
using Posthorn.Core.Storage;
using Posthorn.Standards.Smtp;

namespace Posthorn.Core.Forwarding;

/// <summary>The addresses that an account's mail goes on to.</summary>
/// <remarks>
/// Nothing goes to an address before somebody who reads it gave the account's owner the code that was sent there: a code counts once, for some hours, and dies
/// of wrong tries. The owner is told by a message each time forwarding begins, so that nobody's mail leaks through a browser that was left open.
/// </remarks>
public sealed partial class Forwards
{
    /// <summary>Addresses of one account.</summary>
    public const int Most = 5;

    /// <summary>Codes that one account has sent within a day, to whatever addresses: nobody is flooded by it.</summary>
    public const int MaxCodesADay = 10;

    /// <summary>Wrong codes after which a new one has to be sent.</summary>
    public const int MaxTries = 5;

    public static readonly TimeSpan CodeLifetime = TimeSpan.FromHours(24);

    /// <summary>Refusals, word for word: pages say them in their language.</summary>
    public const string CodeIsOver = "This code was used, is too old, or was tried too often. Have a new one sent.";

    public const string CodeIsWrong = "That is not the code that was sent to this address.";

    public const string IsBarred = "An administrator has turned forwarding off for this account.";

    public const string IsOwn = "That is an address of this account itself.";

    /// <summary>Name of the limit <see cref="MaxCodesADay"/>.</summary>
    public const string CodesADay = "codes sent in a day";

    private const string SentKey = "mail.forwarding.sent";

    private readonly IStore _store;
    private readonly Domains _domains;
    private readonly StoreSecret _secret;
    private readonly QueueSignal _queue;
    private readonly TimeProvider _time;
    private readonly ILogger<Forwards> _log;

    internal Forwards(IStore store, Domains domains, StoreSecret secret, QueueSignal queue, TimeProvider time, ILogger<Forwards> log) =>
        (_store, _domains, _secret, _queue, _time, _log) = (store, domains, secret, queue, time, log);

    public async ValueTask<Result<ForwardingState>> GetAsync(Actor actor, AccountId account, CancellationToken cancel)
    {
        if (Guarding.Object(actor, account) is { } refusal)
        {
            return refusal;
        }

        return await _store.ReadAsync<Result<ForwardingState>>(
            account,
            async session => await session.Directory.AccountAsync(account) is { } owner
                ? new ForwardingState(
                    [.. (await session.Replies.ForwardsAsync(account)).Select(static row => row.Forward)],
                    !owner.Automatic.HasFlag(AutomaticMail.WithoutCopy), owner.Automatic.HasFlag(AutomaticMail.ForwardingBarred))
                : new Refusal.NotFound("such account"),
            cancel);
    }

    /// <summary>Sends a code to the address. Once more for the same one: a new code, in the place of the old.</summary>
    /// <param name="actor">Who.</param>
    /// <param name="account">Whose mail would go there.</param>
    /// <param name="address">Where.</param>
    /// <param name="words">What the address gets to read, made of its normal form and the code.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async ValueTask<Result<ForwardAddress>> AddAsync(
        Actor actor, AccountId account, string address, Func<string, string, MessageWords> words, CancellationToken cancel)
    {
        if (Guarding.Object(actor, account) is { } refusal)
        {
            return refusal;
        }

        if (!EmailAddress.TryParse(address.Trim(), out EmailAddress? target) || target.IsAddressLiteral)
        {
            return new Refusal.Invalid($"\"{address.Trim()}\" is not a full address, such as you@example.org.");
        }

        string code = RecoveryCodes.One(), sent = target.ToString();
        byte[] hash = Hash(await _secret.GetAsync(cancel), account, target, code);
        MessageWords message = words(sent, code);
        var facts = new AutomaticFacts(NoHeader, await _domains.AllAsync(cancel), []);
        DateTimeOffset now = _time.GetUtcNow();
        Result<ForwardAddress> added = await _store.WriteAsync<Result<ForwardAddress>>(
            new[] { account },
            async session =>
            {
                if (await session.Directory.AccountAsync(account) is not { } owner)
                {
                    return new Refusal.NotFound("such account");
                }

                IReadOnlyList<ForwardRow> rows = await session.Replies.ForwardsAsync(account);
                ForwardRow? before = rows.FirstOrDefault(row => IsSame(row, target));
                if (await ObjectAsync(session, owner, target, rows, before, facts, now) is { } objection)
                {
                    return objection;
                }

                var forward = new ForwardAddress(before?.Forward.Address ?? sent, before?.Forward.Added ?? now, null);
                await session.Replies.SetForwardAsync(account, new ForwardRow(forward, hash, now + CodeLifetime, 0));
                await EnqueueAsync(session, owner, target, message, facts, now);
                return forward;
            },
            cancel);
        _queue.Raise();
        return added;
    }

    /// <summary>Takes the code: from now on mail goes to its address. Which one it is, the code says.</summary>
    /// <param name="actor">Who: the owner, signed in; whoever only has the code changes nothing.</param>
    /// <param name="account">Whose mail.</param>
    /// <param name="address">Where to.</param>
    /// <param name="typed">The code.</param>
    /// <param name="words">What the owner is told, in the inbox.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async ValueTask<Result<ForwardAddress>> ConfirmAsync(
        Actor actor, AccountId account, string address, string typed, Func<string, MessageWords> words, CancellationToken cancel)
    {
        if (Guarding.Object(actor, account) is { } refusal)
        {
            return refusal;
        }

        if (!EmailAddress.TryParse(address.Trim(), out EmailAddress? target))
        {
            return new Refusal.NotFound("such address to confirm");
        }

        byte[]? hash = RecoveryCodes.Read(typed) is { } code ? Hash(await _secret.GetAsync(cancel), account, target, code) : null;
        DateTimeOffset now = _time.GetUtcNow();
        Result<ForwardAddress> confirmed = await _store.WriteAsync<Result<ForwardAddress>>(
            new[] { AccountId.Store, account },
            async session =>
            {
                IReadOnlyList<ForwardRow> rows = await session.Replies.ForwardsAsync(account);
                if (rows.FirstOrDefault(row => IsSame(row, target)) is not { } row || await session.Directory.AccountAsync(account) is not { } owner)
                {
                    return new Refusal.NotFound("such address to confirm");
                }

                if (row.Code is not { } expected || row.Expires <= now)
                {
                    return new Refusal.Invalid(CodeIsOver);
                }

                if (hash is null || !CryptographicOperations.FixedTimeEquals(hash, expected))
                {
                    await session.Replies.SetForwardAsync(account, row with { Tries = row.Tries + 1, Code = row.Tries + 1 < MaxTries ? expected : null });
                    return new Refusal.Invalid(CodeIsWrong);
                }

                ForwardAddress forward = row.Forward with { Confirmed = now };
                await session.Replies.SetForwardAsync(account, row with { Forward = forward, Code = null });
                await session.Directory.SetAutomaticAsync(account, owner.Automatic | AutomaticMail.Forwarding);
                await ProgramMessage.FileAsync(session, account, owner.Address, words(forward.Address), now);
                return forward;
            },
            cancel);
        if (confirmed.TryGet(out ForwardAddress? done, out _))
        {
            LogConfirmed(account, done.Address, actor.Protocol, actor.Remote);
        }

        return confirmed;
    }

    /// <summary>Mail goes there no more, from this moment on.</summary>
    public async ValueTask<Result<Done>> RemoveAsync(Actor actor, AccountId account, string address, CancellationToken cancel)
    {
        if (Guarding.Object(actor, account) is { } refusal)
        {
            return refusal;
        }

        Result<Done> removed = await _store.WriteAsync<Result<Done>>(
            new[] { AccountId.Store, account },
            async session =>
            {
                if (await session.Directory.AccountAsync(account) is not { } owner || !await session.Replies.DeleteForwardAsync(account, address))
                {
                    return new Refusal.NotFound($"forwarding to {address}");
                }

                if (!(await session.Replies.ForwardsAsync(account)).Any(static row => row.Forward.IsConfirmed))
                {
                    await session.Directory.SetAutomaticAsync(account, owner.Automatic & ~AutomaticMail.Forwarding);
                }

                return Done.Value;
            },
            cancel);
        if (removed.IsOk)
        {
            LogRemoved(account, address, actor.Protocol, actor.Remote);
        }

        return removed;
    }

    /// <summary>Whether what goes on stays here, too.</summary>
    public ValueTask<Result<Done>> KeepCopyAsync(Actor actor, AccountId account, bool keeps, CancellationToken cancel) =>
        Guarding.Object(actor, account) is { } refusal
            ? ValueTask.FromResult<Result<Done>>(refusal)
            : SetAsync(account, automatic => keeps ? automatic & ~AutomaticMail.WithoutCopy : automatic | AutomaticMail.WithoutCopy, cancel);

    /// <summary>An administrator ends the forwarding of an account, or allows it again; the addresses stay.</summary>
    public async ValueTask<Result<Done>> BarAsync(Actor actor, AccountId account, bool bars, CancellationToken cancel)
    {
        if (Rights.Check(actor, AccountId.Store, Right.Administer) is { } refusal)
        {
            return refusal;
        }

        Result<Done> set = await SetAsync(
            account, automatic => bars ? automatic | AutomaticMail.ForwardingBarred : automatic & ~AutomaticMail.ForwardingBarred, cancel);
        if (set.IsOk)
        {
            LogBarred(account, bars ? "barred" : "allowed", actor.Principal);
        }

        return set;
    }

    private static Posthorn.Standards.Mime.ReplyHeader NoHeader { get; } = Posthorn.Standards.Mime.ReplyHeader.Read([]);

    private ValueTask<Result<Done>> SetAsync(AccountId account, Func<AutomaticMail, AutomaticMail> change, CancellationToken cancel) => _store.WriteAsync<Result<Done>>(
        new[] { AccountId.Store, account },
        async session =>
        {
            if (await session.Directory.AccountAsync(account) is not { } owner)
            {
                return new Refusal.NotFound("such account");
            }

            await session.Directory.SetAutomaticAsync(account, change(owner.Automatic));
            return Done.Value;
        },
        cancel);

    private static async ValueTask<Refusal?> ObjectAsync(
        IWriteSession session, Account owner, EmailAddress target, IReadOnlyList<ForwardRow> rows, ForwardRow? before, AutomaticFacts facts, DateTimeOffset now)
    {
        if (owner.Automatic.HasFlag(AutomaticMail.ForwardingBarred))
        {
            return new Refusal.Invalid(IsBarred);
        }

        if (before is { Forward.IsConfirmed: true })
        {
            return new Refusal.AlreadyExists($"Forwarding to {before.Forward.Address}");
        }

        if (before is null && rows.Count >= Most)
        {
            return new Refusal.Limit("addresses to forward to", Most);
        }

        if (target.Canonical == owner.Address || (await session.Directory.AliasAsync(target.Canonical))?.Targets.Contains(owner.Address) == true)
        {
            return new Refusal.Invalid(IsOwn);
        }

        if ((await facts.ReachAsync(session, target)).Count == 0)
        {
            return new Refusal.NotFound($"{target.Canonical} on this server");
        }

        return await CountAsync(session, owner.Id, now);
    }

    /// <summary>Counts one more code of this day; an objection when there were too many.</summary>
    private static async ValueTask<Refusal?> CountAsync(IWriteSession session, AccountId account, DateTimeOffset now)
    {
        long since = (now - TimeSpan.FromDays(1)).ToUnixTimeSeconds();
        long[] sent = await session.Settings.GetAsync(account, SentKey) is { } text ? JsonSerializer.Deserialize<long[]>(text) ?? [] : [];
        long[] recent = [.. sent.Where(at => at > since)];
        if (recent.Length >= MaxCodesADay)
        {
            return new Refusal.Limit(CodesADay, MaxCodesADay);
        }

        await session.Settings.SetAsync(account, SentKey, JsonSerializer.Serialize(recent.Append(now.ToUnixTimeSeconds())));
        return null;
    }

    private static async ValueTask EnqueueAsync(
        IWriteSession session, Account owner, EmailAddress target, MessageWords words, AutomaticFacts facts, DateTimeOffset now)
    {
        StoredBody body = ProgramMessage.Write(owner.Address, target.ToString(), words, now);
        var envelope = new Envelope("", [], [], now) { IsSmtpUtf8 = target.NeedsSmtpUtf8, IsEightBit = target.NeedsSmtpUtf8 };
        IReadOnlyList<string> reached = await facts.ReachAsync(session, target);
        await Deliveries.EnqueueAsync(
            session, envelope, body, [.. reached.Select(address => (address, new EnvelopeRecipient(address, new Recipient.Foreign(), DsnNotify.Never, null)))], now);
    }

    private static bool IsSame(ForwardRow row, EmailAddress target) =>
        EmailAddress.TryParse(row.Forward.Address, out EmailAddress? address) && address.Canonical == target.Canonical && address.Tag == target.Tag;

    private static byte[] Hash(byte[] secret, AccountId account, EmailAddress target, string code) =>
        AppSecret.Hash(secret, "forwarding", account, $"{target.Canonical}\0{RecoveryCodes.Read(code)}");

    [LoggerMessage(Level = LogLevel.Information, Message = "Mail of account {Account} is forwarded to {Address} from now on (by {Protocol} from {Remote})")]
    private partial void LogConfirmed(AccountId account, string address, string protocol, IPAddress? remote);

    [LoggerMessage(Level = LogLevel.Information, Message = "Mail of account {Account} is forwarded to {Address} no more (by {Protocol} from {Remote})")]
    private partial void LogRemoved(AccountId account, string address, string protocol, IPAddress? remote);

    [LoggerMessage(Level = LogLevel.Information, Message = "Forwarding of account {Account} was {State} by account {Administrator}")]
    private partial void LogBarred(AccountId account, string state, AccountId administrator);
}
