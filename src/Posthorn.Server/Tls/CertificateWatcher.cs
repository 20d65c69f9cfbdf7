using Microsoft.Extensions.Hosting;

namespace Posthorn.Server.Tls;

/// <summary>Looks at the certificate files now and then, so that a renewal needs no restart.</summary>
/// <remarks>By reading them: notifications miss what ACME clients do (symbolic links swapped, folders mounted over the network).</remarks>
public sealed class CertificateWatcher(CertificateStore certificates, TimeProvider time) : BackgroundService
{
    /// <summary>How long a renewed certificate may go unseen.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                certificates.Reload();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops.
        }
    }
}
