using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Changes;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Core.Search;

namespace Posthorn.Server.Imap;

/// <summary>What sessions need from the process; one for all of them.</summary>
public sealed record ImapServices(
    Credentials Credentials,
    Mailboxes Mailboxes,
    Messages Messages,
    Annotations Annotations,
    Grants Grants,
    Quotas Quotas,
    Searches Searches,
    ChangeFeed Changes,
    ImapLimits Limits,
    ImapMetrics Metrics,
    TimeProvider Time,
    ILogger<ImapServices> Logger);

public static class ImapServiceCollection
{
    extension(IServiceCollection services)
    {
        /// <summary>Registers IMAP on Core's operations; a listener serves it as <see cref="ImapConnectionHandler"/>.</summary>
        public IServiceCollection AddImap(ImapLimits limits)
        {
            services.AddMetrics();
            services.TryAddSingleton(TimeProvider.System);
            services.AddSingleton(limits);
            services.AddSingleton<ImapMetrics>();
            services.AddSingleton<ImapServices>();
            services.AddSingleton<ImapConnectionHandler>();
            return services;
        }
    }
}
