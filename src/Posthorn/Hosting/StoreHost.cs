using System.Net;
using Posthorn.Configuration;
using Posthorn.Core;
using Posthorn.Core.Accounts;

namespace Posthorn.Hosting;

/// <summary>Core without a server, for commands that open the store themselves.</summary>
internal static class StoreHost
{
    public static ServiceProvider Build(PosthornOptions options)
    {
        var services = new ServiceCollection();
        services.AddSingleton(TimeProvider.System);
        services.AddLogging(static logging => logging.SetMinimumLevel(LogLevel.Warning).AddSimpleConsole());
        services.AddSingleton(options);
        services.AddPosthornCore(CoreOptions(options));
        return services.BuildServiceProvider();
    }

    public static StoreOptions CoreOptions(PosthornOptions options) =>
        new()
        {
            DataFolder = options.DataFolder,
            Database = options.Store,
            MaxMessageBytes = options.Limits.MaxMessageBytes,
            CachesCredentials = options.SignIn.CredentialCache,
            SignInLimits = new SignInLimitOptions { Exempt = [.. options.SignIn.ExemptNetworks.Select(IPNetwork.Parse)] },
        };
}
