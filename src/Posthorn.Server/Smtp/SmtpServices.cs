using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Posthorn.Server.Connections;
using Posthorn.Server.Delivery.Checks;

namespace Posthorn.Server.Smtp;

public static class SmtpServices
{
    extension(IServiceCollection services)
    {
        /// <summary>Registers incoming SMTP, which asks the registered <see cref="Standards.Dns.IDnsResolver"/>; ports are added by <see cref="MailListeners"/> with <see cref="SmtpListenerOptions"/>.</summary>
        public IServiceCollection AddPosthornSmtp(SmtpOptions options)
        {
            services.AddMailTransport();
            services.AddSingleton(options);
            services.TryAddSingleton(new SenderCheckSettings { AuthservId = options.HostName });
            services.TryAddSingleton<SenderChecks>();
            services.AddSingleton<SmtpMetrics>();
            services.AddSingleton<SmtpConnectionHandler>();
            return services;
        }
    }
}
