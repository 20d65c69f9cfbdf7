using System.Net;
using Posthorn.Configuration;
using Posthorn.Core;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies.S3;
using Posthorn.Standards.Dns;

namespace Posthorn.Hosting;

/// <summary>Core without a server, for commands that open the store themselves.</summary>
internal static class StoreHost
{
    /// <exception cref="Control.OperationRefusedException">The data folder is another user's.</exception>
    public static ServiceProvider Build(PosthornOptions options, bool isBackedUp = false)
    {
        FolderOwner.Require(options.DataFolder);
        var services = new ServiceCollection();
        services.AddSingleton(TimeProvider.System);
        services.AddLogging(static logging => logging.SetMinimumLevel(LogLevel.Warning).AddSimpleConsole());
        services.AddSingleton(options);
        services.AddSingleton<IDnsResolver>(provider => MailEdges.Resolver(options.Dns, provider.GetRequiredService<TimeProvider>()));
        services.AddPosthornCore(CoreOptions(options) with { IsBackedUp = isBackedUp });
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
                RequestTimeout = TimeSpan.FromSeconds(options.Bodies.TimeoutSeconds),
            },
            MaxMessageBytes = options.Limits.MaxMessageBytes,
            UndeleteFor = TimeSpan.FromDays(options.Undelete.Days),
            CachesCredentials = options.SignIn.CredentialCache,
            SignInLimits = new SignInLimitOptions { Exempt = [.. options.SignIn.ExemptNetworks.Select(IPNetwork.Parse)] },
        };
}
