using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Posthorn.Core.Bodies;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Accounts;

/// <summary>Tells the administrators, by a message in their inbox, that the accounts of a domain have used nearly all that the domain may hold; again only after there was room.</summary>
/// <remarks>Not in the transaction of the mail that does it: that holds its own accounts alone, and must not wait for those of the administrators.</remarks>
public sealed partial class DomainQuotaWatch : BackgroundService
{
    /// <summary>Between two rounds.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);

    private const string WarnedPrefix = "quota.warned.";

    private readonly IStore _store;
    private readonly TimeProvider _time;
    private readonly ILogger<DomainQuotaWatch> _log;

    internal DomainQuotaWatch(IStore store, TimeProvider time, ILogger<DomainQuotaWatch> log) => (_store, _time, _log) = (store, time, log);

    /// <summary>One round. Returns the domains whose administrators were told.</summary>
    public async Task<IReadOnlyList<string>> LookAsync(CancellationToken cancel)
    {
        var told = new List<string>();
        foreach (Domain domain in await _store.ReadAsync(AccountId.Store, static session => session.Directory.DomainsAsync(), cancel))
        {
            string warned = WarnedPrefix + domain.Name;
            bool isNear = QuotaWarning.IsNear(domain.UsedBytes, domain.QuotaBytes);
            bool wasNear = await _store.ReadAsync(AccountId.Store, session => session.Directory.SettingAsync(warned), cancel) == "yes";
            if (isNear != wasNear)
            {
                await SayAsync(domain, warned, isNear, cancel);
                told.AddRange(isNear ? [domain.Name] : []);
            }
        }

        return told;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                try
                {
                    foreach (string domain in await LookAsync(stoppingToken))
                    {
                        LogNear(domain, QuotaWarning.Percent);
                    }
                }
                catch (StoreUnavailableException failure)
                {
                    LogFailed(failure.Message);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The program stops.
        }
    }

    private async Task SayAsync(Domain domain, string warned, bool isNear, CancellationToken cancel)
    {
        Account[] administrators = isNear
            ? [.. (await _store.ReadAsync(AccountId.Store, static session => session.Directory.AccountsAsync(), cancel)).Where(static account => account is { IsAdministrator: true, IsDisabled: false })]
            : [];
        DateTimeOffset now = _time.GetUtcNow();
        AccountId[] written = [AccountId.Store, .. administrators.Select(static account => account.Id).OrderBy(static id => id.Value)];
        await _store.WriteAsync(
            written,
            async session =>
            {
                // Another node may have told them meanwhile.
                if ((await session.Directory.SettingAsync(warned) == "yes") == isNear)
                {
                    return Done.Value;
                }

                await session.Directory.SetSettingAsync(warned, isNear ? "yes" : "no");
                foreach (Account account in administrators)
                {
                    await FileAsync(session, account, domain, now);
                }

                return Done.Value;
            },
            cancel);
    }

    private static async ValueTask FileAsync(IWriteSession session, Account account, Domain domain, DateTimeOffset now)
    {
        if (await session.Mailboxes.FindAsync(account.Id, Mailbox.Inbox) is not { } inbox)
        {
            return;
        }

        byte[] octets = Write(account, domain, now);
        var body = new StoredBody(new BodyId(Guid.CreateVersion7(now)), octets.Length, BodyCodec.Plain, SHA256.HashData(octets), octets);
        var filing = new Filing(session, account.Id, inbox, await session.ModSeqAsync(account.Id), now);
        await filing.AddAsync(body, MessageMetadata.Read(octets), [], MessageFlags.Flagged, now, Uidl.New());
        await filing.FinishAsync();
    }

    private static byte[] Write(Account account, Domain domain, DateTimeOffset now)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"Date: {now.UtcDateTime:ddd, d MMM yyyy HH:mm:ss} +0000\r\n");
        text.Append(CultureInfo.InvariantCulture, $"From: Posthorn <postmaster@{domain.Name}>\r\nTo: <{account.Address}>\r\n");
        text.Append(CultureInfo.InvariantCulture, $"Message-ID: <{Guid.CreateVersion7(now):N}@{domain.Name}>\r\n");
        text.Append(CultureInfo.InvariantCulture, $"Subject: The domain {domain.Name} is nearly full\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n");
        text.Append("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n");
        text.Append(CultureInfo.InvariantCulture, $"The accounts of {domain.Name} together have reached {QuotaWarning.Percent} % of what the domain may hold.\r\n\r\n");
        text.Append(CultureInfo.InvariantCulture, $"Used: {domain.UsedBytes / 1024:N0} of {domain.QuotaBytes / 1024:N0} KiB\r\n");
        text.Append("\r\nWhen it is full, new mail to all of them is sent back. Raise it with: posthorn domain quota\r\n");
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The accounts of {Domain} have reached {Percent} % of the domain's quota")]
    private partial void LogNear(string domain, int percent);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The quotas of domains could not be looked at and will be again: {Reason}")]
    private partial void LogFailed(string reason);
}
