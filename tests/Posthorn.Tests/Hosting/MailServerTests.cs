using Microsoft.Extensions.Hosting;
using Posthorn.Hosting;

namespace Posthorn.Tests.Hosting;

public sealed class MailServerTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>What <c>serve</c> answers with 1: systemd's Restart=on-failure starts nothing again that ended with 0.</summary>
    [Fact]
    public async Task A_stop_after_an_error_of_what_works_in_the_background_is_told_from_one_that_was_asked_for()
    {
        using BackgroundService failed = new Worker(static _ => throw new InvalidDataException("broken")), stopped = new Worker(static stop => Task.Delay(Timeout.Infinite, stop));
        await failed.StartAsync(Cancel);
        await stopped.StartAsync(Cancel);
        await Assert.ThrowsAsync<InvalidDataException>(() => failed.ExecuteTask!);
        Assert.True(MailServer.HaveFailed([stopped, failed]));
        await stopped.StopAsync(Cancel);
        Assert.False(MailServer.HaveFailed([stopped]));
    }

    private sealed class Worker(Func<CancellationToken, Task> work) : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            await Task.Yield();
            await work(stoppingToken);
        }
    }
}
