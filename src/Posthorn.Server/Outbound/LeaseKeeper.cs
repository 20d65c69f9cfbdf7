using Posthorn.Core;
using Posthorn.Core.Queue;

namespace Posthorn.Server.Outbound;

/// <summary>Keeps mail leased for as long as its delivery takes: another host may be slow within every limit, and whoever leased the mail meanwhile would send it twice.</summary>
internal sealed class LeaseKeeper(MailQueue queue, string node, TimeSpan lease, TimeProvider time)
{
    /// <summary>Waits for the delivery of leased mail, and renews its lease each time half of it is over.</summary>
    public async Task<T> WhileAsync<T>(QueuedMail mail, Task<T> delivery)
    {
        while (true)
        {
            using var enough = new CancellationTokenSource();
            bool isDone = await Task.WhenAny(delivery, Task.Delay(lease / 2, time, enough.Token)) == delivery;
            await enough.CancelAsync();
            if (isDone)
            {
                return await delivery;
            }

            try
            {
                // Who was dropped from the queue meanwhile has no row to renew, and none that the outcome is written to.
                mail = await queue.RenewAsync(node, mail, lease, CancellationToken.None);
            }
            catch (StoreUnavailableException)
            {
                // Half of the lease is left, and the next try has the same number to name.
            }
        }
    }
}
