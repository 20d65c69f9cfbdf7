using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Posthorn.Core.Watching;
using Posthorn.Server.Tls;

namespace Posthorn.Server.Connections;

/// <summary>What every protocol's handler needs from the process; one for all of them.</summary>
/// <param name="Certificates">Null: no TLS at all, so no password is ever accepted.</param>
/// <param name="Metrics">The instruments.</param>
/// <param name="Time">Every limit runs on it.</param>
/// <param name="Watch">Who sets a mail app up sees what its connections come to; null: nobody can.</param>
public sealed record MailTransport(CertificateStore? Certificates, ConnectionMetrics Metrics, TimeProvider Time, ConnectionWatch? Watch);

public static class MailTransportServices
{
    /// <summary>Octets a connection may have received that its session has not taken, and sent that the client has not taken.</summary>
    public const int TransportBuffer = 64 * 1024;

    extension(IServiceCollection services)
    {
        /// <summary>Registers what <see cref="MailConnectionHandler"/> needs. A <see cref="CertificateStore"/> is registered by whoever has one.</summary>
        public IServiceCollection AddMailTransport()
        {
            services.AddMetrics();
            services.TryAddSingleton(TimeProvider.System);
            services.TryAddSingleton<ConnectionMetrics>();
            services.TryAddSingleton(provider => new MailTransport(
                provider.GetService<CertificateStore>(),
                provider.GetRequiredService<ConnectionMetrics>(),
                provider.GetRequiredService<TimeProvider>(),
                provider.GetService<ConnectionWatch>()));
            services.Configure<SocketTransportOptions>(socket =>
            {
                socket.MaxReadBufferSize = TransportBuffer;
                socket.MaxWriteBufferSize = TransportBuffer;
                // An idle connection holds no receive buffer.
                socket.WaitForDataBeforeAllocatingBuffer = true;
                socket.NoDelay = true;
                // A session goes on, on the thread that its socket woke: a tenth less processor time a command. What a session computes for long
                // (password hashes) has threads of its own, and a session that waits holds up no connection but its own.
                socket.UnsafePreferInlineScheduling = true;
            });
            return services;
        }
    }
}
