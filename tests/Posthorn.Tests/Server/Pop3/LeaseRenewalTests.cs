using Microsoft.Extensions.Logging.Abstractions;
using Posthorn.Core;
using Posthorn.Core.Maildrops;
using Posthorn.Server.Pop3;
using Posthorn.Tests.Core;

namespace Posthorn.Tests.Server.Pop3;

/// <summary>RFC 1939 §4: the maildrop stays locked however silent its session is.</summary>
public sealed class LeaseRenewalTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_lease_is_prolonged_while_the_session_is_silent()
    {
        await using TestStore store = await TestStore.OpenAsync();
        var maildrops = store.Get<Maildrops>();
        MaildropLease lease = (await maildrops.OpenAsync(store.Actor, store.Account, Cancel)).Value;
        await using var renewal = new LeaseRenewal(maildrops, lease, store.Time, NullLogger.Instance);
        for (int i = 0; i < 5; i++)
        {
            store.Time.Advance(Maildrops.LeaseTime / 2);
            while (!await IsHeldAsync(store, store.Time.GetUtcNow() + (Maildrops.LeaseTime * 0.9)))
            {
                await Task.Yield();
            }
        }

        Assert.True((await maildrops.OpenAsync(store.Actor, store.Account, Cancel)).TryGet(out _, out Refusal? refusal) is false);
        Assert.IsType<Refusal.InUse>(refusal);
        Assert.False(renewal.IsLost);
    }

    [Fact]
    public async Task A_lease_that_another_took_is_known_as_lost()
    {
        await using TestStore store = await TestStore.OpenAsync();
        var maildrops = store.Get<Maildrops>();
        MaildropLease lease = (await maildrops.OpenAsync(store.Actor, store.Account, Cancel)).Value;
        await maildrops.CloseAsync(lease, Cancel);
        await using var renewal = new LeaseRenewal(maildrops, lease, store.Time, NullLogger.Instance);
        store.Time.Advance(Maildrops.LeaseTime / 2);
        while (!renewal.IsLost)
        {
            await Task.Yield();
        }

        Assert.True(renewal.IsLost);
    }

    /// <summary>Whether nobody else could take the maildrop at that time. Takes nothing: what would be taken is rolled back.</summary>
    private static async Task<bool> IsHeldAsync(TestStore store, DateTimeOffset when)
    {
        try
        {
            return await store.Store.WriteAsync(
                new[] { store.Account },
                async session => await session.Messages.TakeMaildropAsync(store.Account, Guid.NewGuid(), "elsewhere", when, when) ? throw new TakenException() : true,
                Cancel);
        }
        catch (TakenException)
        {
            return false;
        }
    }

    private sealed class TakenException : Exception;
}
