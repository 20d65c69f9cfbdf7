using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Posthorn.Core.Accounts;
using Posthorn.Core.Maildrops;
using Posthorn.Core.Messages;

namespace Posthorn.Server.Pop3;

/// <summary>What sessions need from the process; one for all of them.</summary>
public sealed record Pop3Services(
    Credentials Credentials, Maildrops Maildrops, Messages Messages, Pop3Limits Limits, TimeProvider Time, ILogger<Pop3Services> Logger);

public static class Pop3ServiceCollection
{
    extension(IServiceCollection services)
    {
        /// <summary>Registers POP3 on Core's operations; a listener serves it as <see cref="Pop3ConnectionHandler"/>.</summary>
        public IServiceCollection AddPop3(Pop3Limits limits)
        {
            services.TryAddSingleton(TimeProvider.System);
            services.AddSingleton(limits);
            services.AddSingleton<Pop3Services>();
            services.AddSingleton<Pop3ConnectionHandler>();
            return services;
        }
    }
}
