using System.Net;
using Posthorn.Configuration;
using Posthorn.Core;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies.S3;

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
            Bodies = options.Bodies.Bucket.Length == 0 ? null : new S3Options
            {
                Bucket = options.Bodies.Bucket,
                Endpoint = options.Bodies.Endpoint,
                Region = options.Bodies.Region,
                Prefix = options.Bodies.Prefix,
                AccessKey = options.Bodies.AccessKey,
                SecretKey = options.Bodies.SecretKey,
                CacheBytes = options.Bodies.CacheBytes,
            },
            MaxMessageBytes = options.Limits.MaxMessageBytes,
            CachesCredentials = options.SignIn.CredentialCache,
            SignInLimits = new SignInLimitOptions { Exempt = [.. options.SignIn.ExemptNetworks.Select(IPNetwork.Parse)] },
        };
}
