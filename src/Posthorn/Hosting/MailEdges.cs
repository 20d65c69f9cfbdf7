using System.Net;
using Posthorn.Configuration;
using Posthorn.Server.Connections;
using Posthorn.Server.Dns;
using Posthorn.Server.Imap;
using Posthorn.Server.Outbound;
using Posthorn.Server.Pop3;
using Posthorn.Server.Smtp;
using Posthorn.Server.Tls;
using Posthorn.Standards.Dns;
using Posthorn.Web.Help.Device;

namespace Posthorn.Hosting;

/// <summary>Registers the network edges with what the configuration says of them.</summary>
internal static class MailEdges
{
    public static IServiceCollection AddMailEdges(this IServiceCollection services, PosthornOptions options)
    {
        services.AddMailTransport();
        services.AddSingleton(static provider => Certificates(
            provider.GetRequiredService<PosthornOptions>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<CertificateStore>>()));
        services.AddHostedService<CertificateWatcher>();
        services.AddSingleton<IProfileSigner, ProfileSigner>();
        services.AddSingleton<IDnsResolver>(provider => Resolver(options.Dns, provider.GetRequiredService<TimeProvider>()));
        services.AddPosthornSmtp(new SmtpOptions
        {
            HostName = options.HostName,
            MaxMessageBytes = options.Limits.MaxMessageBytes,
            Limits = new SmtpLimits { MaxRecipients = options.Limits.MaxRecipients, Connections = Connections(options) },
        });
        services.AddSingleton(Connections(options));
        services.AddImap(new ImapLimits { MaxMessageBytes = options.Limits.MaxMessageBytes });
        services.AddPop3(new Pop3Limits());
        services.AddSingleton(Outbound(options));
        services.AddHostedService<OutboundWorker>();
        services.AddHostedService(static provider => provider.GetRequiredService<Core.Maintenance.BodySweep>());
        services.AddHostedService(static provider => provider.GetRequiredService<Core.Undelete.UndeleteExpiry>());
        services.AddHostedService(static provider => provider.GetRequiredService<Core.Scheduling.Scheduler>());
        services.AddHostedService(static provider => provider.GetRequiredService<Core.Accounts.DomainQuotaWatch>());
        services.AddHostedService(static provider => provider.GetRequiredService<Core.Delivery.DeliveryLog>());
        services.AddHostedService(static provider => provider.GetRequiredService<Core.Storage.NodeNews>());
        services.AddHostedService(static provider => provider.GetRequiredService<Core.Security.SignInLog>());
        services.AddHostedService(static provider => provider.GetRequiredService<Core.Security.SignInHistory>());
        if (options.Search.Index)
        {
            services.AddHostedService(static provider => provider.GetRequiredService<Core.Search.SearchIndexer>());
        }

        return services;
    }

    private static ConnectionLimits Connections(PosthornOptions options) =>
        new() { MaxConnections = options.Limits.MaxConnections, MaxConnectionsPerAddress = options.Limits.MaxConnectionsPerAddress };

    private static CertificateStore Certificates(PosthornOptions options, TimeProvider time, ILogger<CertificateStore> log)
    {
        try
        {
            return new CertificateStore([Certificate(options)], time, log) { Clients = Clients(options.Tls.ClientAuthority, time) };
        }
        catch (CertificateException failure)
        {
            throw new ConfigurationException($"\"tls\" cannot be used: {failure.Message}");
        }
    }

    /// <summary>The configured files, or a pair from an authority of this store's own.</summary>
    private static CertificateFiles Certificate(PosthornOptions options)
    {
        if (options.Tls.Certificate.Length > 0)
        {
            return new CertificateFiles(options.Tls.Certificate, options.Tls.Key);
        }

        var authority = LocalAuthority.Open(Path.Combine(options.DataFolder, "tls"), TimeProvider.System);
        string[] names = options.HostName == "localhost" ? ["localhost"] : [options.HostName, "localhost"];
        return authority.Issue(names, [IPAddress.Loopback], KeyType.Rsa2048);
    }

    private static ClientAuthority? Clients(string path, TimeProvider time)
    {
        try
        {
            return path.Length == 0 ? null : new ClientAuthority(File.ReadAllText(path), path, time);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or CertificateException)
        {
            throw new ConfigurationException($"\"tls.clientAuthority\" {path} cannot be used: {failure.Message}");
        }
    }

    internal static IDnsResolver Resolver(DnsOptions options, TimeProvider time)
    {
        if (options.ZoneFile.Length == 0)
        {
            return new DnsClientResolver(new DnsClientSettings { Servers = [.. options.Servers.Select(server => WithPort(IPEndPoint.Parse(server), 53))] }, time);
        }

        try
        {
            return ZoneTextResolver.Parse(File.ReadAllText(options.ZoneFile));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or FormatException)
        {
            throw new ConfigurationException($"\"dns.zoneFile\" {options.ZoneFile} cannot be read: {failure.Message}");
        }
    }

    private static OutboundSettings Outbound(PosthornOptions options)
    {
        OutboundOptions outbound = options.Outbound;
        string[] smarthost = outbound.Smarthost.Split(':');
        return new OutboundSettings
        {
            HostName = options.HostName,
            Smarthost = outbound.Smarthost.Length == 0 ? null : smarthost[0],
            Port = smarthost.Length == 2 && int.TryParse(smarthost[1], out int port) ? port : outbound.Port,
            SmarthostUser = outbound.SmarthostUser.Length == 0 ? null : outbound.SmarthostUser,
            SmarthostPassword = outbound.SmarthostPasswordFile.Length == 0 ? null : FirstLine(outbound.SmarthostPasswordFile),
            Authority = Authority(outbound.Authority),
            MaxConnectionsPerDomain = outbound.MaxConnectionsPerDomain,
        };
    }

    private static ServerAuthority? Authority(string path)
    {
        try
        {
            return path.Length == 0 ? null : new ServerAuthority(File.ReadAllText(path), path, TimeProvider.System);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or CertificateException)
        {
            throw new ConfigurationException($"\"outbound.authority\" {path} cannot be used: {failure.Message}");
        }
    }

    private static string FirstLine(string path)
    {
        try
        {
            return File.ReadLines(path).FirstOrDefault() ?? "";
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"\"outbound.smarthostPasswordFile\" {path} cannot be read: {failure.Message}");
        }
    }

    private static IPEndPoint WithPort(IPEndPoint server, int port) => server.Port == 0 ? new IPEndPoint(server.Address, port) : server;
}
