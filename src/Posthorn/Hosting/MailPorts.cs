using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Posthorn.Configuration;
using Posthorn.Control;
using Posthorn.Server.Connections;
using Posthorn.Server.Imap;
using Posthorn.Server.Pop3;
using Posthorn.Server.Smtp;
using Posthorn.Server.Tls;

namespace Posthorn.Hosting;

/// <summary>Everything that listens.</summary>
internal sealed class MailPorts
{
    private readonly Dictionary<string, MailListener> _mail = [];
    private ListenOptions? _web;
    private ListenOptions? _metrics;

    /// <summary>The port of a mail listener once the server has started, also where 0 was asked for; null: it does not listen.</summary>
    public int? PortOf(string name) => _mail.TryGetValue(name, out MailListener? listener) ? listener.Endpoint.Port : null;

    /// <summary>Where a mail listener listens once the server has started; null: nowhere.</summary>
    public IPEndPoint? EndPointOf(string name) => _mail.TryGetValue(name, out MailListener? listener) ? listener.Endpoint : null;

    /// <summary>The port of the web pages once the server has started; null: there are none.</summary>
    public int? Web => _web?.IPEndPoint?.Port;

    /// <summary>The port of health and metrics once the server has started; null: they are not served.</summary>
    public int? Metrics => _metrics?.IPEndPoint?.Port;

    /// <summary>All mail listeners with their ports.</summary>
    public IReadOnlyDictionary<string, int> All => _mail.ToDictionary(pair => pair.Key, pair => pair.Value.Endpoint.Port);

    public void Listen(KestrelServerOptions kestrel, PosthornOptions options)
    {
        _mail.Clear();
        kestrel.AddServerHeader = false;
        kestrel.ListenUnixSocket(ControlSocket.PathIn(options.DataFolder), static listen => listen.Protocols = HttpProtocols.Http1);
        ListenerSet set = options.Listeners;
        Mail<SmtpConnectionHandler>(kestrel, set.Smtp, new SmtpListenerOptions(SmtpRole.Relay));
        Mail<SmtpConnectionHandler>(kestrel, set.Submission, new SmtpListenerOptions(SmtpRole.Submission));
        Mail<SmtpConnectionHandler>(kestrel, set.Submissions, new SmtpListenerOptions(SmtpRole.Submissions));
        Mail<ImapConnectionHandler>(kestrel, set.Imap, new MailListenerOptions("imap", ImplicitTls: false));
        Mail<ImapConnectionHandler>(kestrel, set.Imaps, new MailListenerOptions("imaps", ImplicitTls: true));
        Mail<Pop3ConnectionHandler>(kestrel, set.Pop3, new MailListenerOptions("pop3", ImplicitTls: false));
        Mail<Pop3ConnectionHandler>(kestrel, set.Pop3s, new MailListenerOptions("pop3s", ImplicitTls: true));
        if (options.Listeners.Web?.EndPoint is { } web)
        {
            CertificateStore certificates = kestrel.ApplicationServices.GetRequiredService<CertificateStore>();
            kestrel.Listen(web, listen =>
            {
                _web = listen;
                // Not a selector of certificates: that shows the leaf alone, and who knows only the root cannot go from one to the other.
                listen.UseHttps(new TlsHandshakeCallbackOptions
                {
                    OnConnection = hello => ValueTask.FromResult(certificates.Select(hello.ClientHelloInfo.ServerName).Https),
                });
            });
        }

        if (options.Listeners.Metrics?.EndPoint is { } metrics)
        {
            kestrel.Listen(metrics, listen =>
            {
                _metrics = listen;
                listen.Protocols = HttpProtocols.Http1;
            });
        }
    }

    private void Mail<THandler>(KestrelServerOptions kestrel, ListenerOptions? listener, MailListenerOptions mail)
        where THandler : MailConnectionHandler
    {
        if (listener?.EndPoint is { } endpoint)
        {
            _mail[mail.Name] = kestrel.ListenMail<THandler>(endpoint, mail);
        }
    }
}
