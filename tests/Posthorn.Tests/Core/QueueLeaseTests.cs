using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies;
using Posthorn.Core.Delivery;
using Posthorn.Core.Queue;
using Posthorn.Server.Outbound;

namespace Posthorn.Tests.Core;

/// <summary>Leases of the queue while their mail waits its turn.</summary>
public sealed class QueueLeaseTests
{
    private const string Node = "one";
    private static readonly TimeSpan Lease = TimeSpan.FromHours(1);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_lease_that_is_renewed_begins_anew()
    {
        await using TestStore store = await TestStore.OpenAsync();
        QueuedMail mail = await LeasedAsync(store);
        store.Time.Advance(Lease - TimeSpan.FromMinutes(1));
        QueuedMail kept = await store.Get<MailQueue>().RenewAsync(Node, mail, Lease, Cancel);
        Assert.Equal((2, store.Time.GetUtcNow() + Lease), (kept.Recipients.Count, kept.LeasedUntil));
        store.Time.Advance(Lease - TimeSpan.FromMinutes(1));
        Assert.Empty(await store.Get<MailQueue>().LeaseAsync("two", Lease, 10, [], Cancel));
    }

    [Fact]
    public async Task A_lease_that_another_has_by_now_is_not_renewed()
    {
        await using TestStore store = await TestStore.OpenAsync();
        QueuedMail mail = await LeasedAsync(store);
        store.Time.Advance(Lease + TimeSpan.FromMinutes(1));
        // Also by another lane of the same node.
        Assert.Single(await store.Get<MailQueue>().LeaseAsync(Node, Lease, 10, [], Cancel));
        Assert.Empty((await store.Get<MailQueue>().RenewAsync(Node, mail, Lease, Cancel)).Recipients);
    }

    [Fact]
    public async Task What_was_dropped_or_delivered_meanwhile_is_not_renewed()
    {
        await using TestStore store = await TestStore.OpenAsync();
        QueuedMail mail = await LeasedAsync(store);
        await store.Get<MailQueue>().ReportAsync(mail.Id, [new QueueOutcome.Delivered(mail.Recipients[0].Id)], null, null, Cancel);
        QueuedMail kept = await store.Get<MailQueue>().RenewAsync(Node, mail, Lease, Cancel);
        Assert.Equal(mail.Recipients[1].Address, Assert.Single(kept.Recipients).Address);
        await store.Get<MailQueue>().DropAsync(Actor.System("test"), mail.Id, Cancel);
        Assert.Empty((await store.Get<MailQueue>().RenewAsync(Node, kept, Lease, Cancel)).Recipients);
    }

    [Fact]
    public async Task A_delivery_that_takes_longer_than_a_lease_keeps_it()
    {
        await using TestStore store = await TestStore.OpenAsync();
        QueuedMail mail = await LeasedAsync(store);
        var time = new StepByStep();
        var delivery = new TaskCompletionSource<string>();
        Task<string> kept = new LeaseKeeper(store.Get<MailQueue>(), Node, Lease, time).WhileAsync(mail, delivery.Task);
        for (int half = 0; half < 5; half++)
        {
            await time.Waiting(half + 1);
            store.Time.Advance(Lease / 2);
            time.Advance(Lease / 2);
        }

        await time.Waiting(6);
        Assert.Empty(await store.Get<MailQueue>().LeaseAsync("two", Lease, 10, [], Cancel));
        delivery.SetResult("delivered");
        Assert.Equal("delivered", await kept);
        store.Time.Advance(Lease + TimeSpan.FromMinutes(1));
        Assert.Single(await store.Get<MailQueue>().LeaseAsync("two", Lease, 10, [], Cancel));
    }

    private static async Task<QueuedMail> LeasedAsync(TestStore store)
    {
        EnvelopeRecipient[] to =
        [
            .. ((string[])["a@elsewhere.test", "b@elsewhere.test"]).Select(static address => new EnvelopeRecipient(address, new Recipient.Foreign(), DsnNotify.Default, null)),
        ];
        await using IncomingMessage message = await store.MessageAsync("Subject: x\r\n\r\nhello\r\n");
        await store.Get<Deliveries>().AcceptAsync(new Envelope("you@example.test", to, [], store.Time.GetUtcNow()), message, Cancel);
        return Assert.Single(await store.Get<MailQueue>().LeaseAsync(Node, Lease, 10, [], Cancel));
    }

    /// <summary>A clock that says how often somebody began to wait for it.</summary>
    private sealed class StepByStep : FakeTimeProvider
    {
        private readonly Channel<bool> _begun = Channel.CreateUnbounded<bool>();
        private int _seen;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            ITimer timer = base.CreateTimer(callback, state, dueTime, period);
            _begun.Writer.TryWrite(true);
            return timer;
        }

        public async Task Waiting(int times)
        {
            for (; _seen < times; _seen++)
            {
                await _begun.Reader.ReadAsync(Cancel);
            }
        }
    }
}
