using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Posthorn.Server.Connections;

/// <summary>What a protocol's handler is told about the port a client came to. A protocol may derive its own.</summary>
/// <param name="Name">The service's name, such as "imaps" or "submission".</param>
/// <param name="ImplicitTls">TLS from the first byte, RFC 8314 §3.</param>
public record MailListenerOptions(string Name, bool ImplicitTls)
{
    /// <summary>People sign in here, also by certificates where an authority of theirs is configured.</summary>
    public virtual bool AsksForCertificates => true;
}

/// <summary>One port on which a protocol is served.</summary>
public sealed class MailListener(MailListenerOptions options)
{
    private ListenOptions? _listen;

    public MailListenerOptions Options { get; } = options;

    /// <summary>Where it listens; once the server has started the port is the real one, also where 0 was asked for.</summary>
    public IPEndPoint Endpoint => _listen?.IPEndPoint ?? throw new InvalidOperationException($"Listener {Options.Name} is not bound.");

    internal void Bind(ListenOptions listen) => _listen = listen;
}

public static class MailListeners
{
    extension(KestrelServerOptions server)
    {
        /// <summary>Serves a protocol on an endpoint. The handler is a singleton of the services, shared by all listeners of its protocol.</summary>
        public MailListener ListenMail<THandler>(IPEndPoint endpoint, MailListenerOptions options) where THandler : MailConnectionHandler
        {
            var listener = new MailListener(options);
            server.Listen(endpoint, listen =>
            {
                // No HTTP on this port, and none of its limits.
                listen.Protocols = HttpProtocols.None;
                listener.Bind(listen);
                var handler = listen.ApplicationServices.GetRequiredService<THandler>();
                listen.Run(connection => handler.ServeAsync(connection, listener));
            });
            return listener;
        }
    }
}
