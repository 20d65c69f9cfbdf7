using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies;
using Posthorn.Core.Bodies.S3;
using Posthorn.Core.Changes;
using Posthorn.Core.Delivery;
using Posthorn.Core.Maintenance;
using Posthorn.Core.Queue;
using Posthorn.Core.Storage;
using Posthorn.Core.Storage.Postgres;
using Posthorn.Core.Storage.Sqlite;

namespace Posthorn.Core;

/// <summary>Where and how the store keeps things.</summary>
public sealed record StoreOptions
{
    /// <summary>Folder of the store, the bodies and the control socket.</summary>
    public required string DataFolder { get; init; }

    /// <summary>Connection string of a PostgreSQL database; empty: the embedded store in the data folder. A secret: never logged.</summary>
    public string Database { get; init; } = "";

    /// <summary>Where large bodies are; null: files in the data folder.</summary>
    public S3Options? Bodies { get; init; }

    /// <summary>Largest message taken, in octets (RFC 1870).</summary>
    public long MaxMessageBytes { get; init; } = 50L * 1024 * 1024;

    /// <summary>Mailboxes an account may have.</summary>
    public int MaxMailboxes { get; init; } = 10_000;

    /// <summary>What a new password hash costs.</summary>
    public Argon2Parameters Argon2 { get; init; } = Argon2Parameters.Default;

    /// <summary>Verified passwords are remembered for a few minutes, as keyed hashes in memory.</summary>
    public bool CachesCredentials { get; init; } = true;

    public SignInLimitOptions SignInLimits { get; init; } = new();

    /// <summary>Without the connection string.</summary>
    public override string ToString() => $"store in {DataFolder}";
}

/// <summary>Registers Core's operations; each is a singleton that any thread may call.</summary>
public static class CoreServices
{
    /// <summary>
    /// Adds the store and all operations. The store is opened (locked, migrated) when the first of them is asked for: ask for
    /// <see cref="IStore"/> before anything else starts, and dispose the provider to close it.
    /// </summary>
    public static IServiceCollection AddPosthornCore(this IServiceCollection services, StoreOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton<ChangeFeed>();
        services.AddSingleton<QueueSignal>();
        services.AddSingleton(static provider => new Node(Options(provider).DataFolder));
        services.AddSingleton(static provider => new NodeNews(Store(provider)));
        services.AddSingleton(static provider => OpenStore(Options(provider), provider));
        services.AddSingleton<IBlobStore>(static provider => Options(provider) is { Bodies: { } bucket } options
            ? S3BlobStore.Open(options.DataFolder, bucket)
            : new FileBlobStore(Options(provider).DataFolder));
        services.AddSingleton(static provider => new DirectoryCache(Store(provider), Time(provider)));
        services.AddSingleton(static provider => new Domains(Store(provider), provider.GetRequiredService<DirectoryCache>(), Time(provider)));
        services.AddSingleton(static provider => new PasswordVerifier(Options(provider).Argon2));
        services.AddSingleton<Secrets>();
        services.AddSingleton(static provider => new CredentialCache(
            Options(provider).CachesCredentials ? CredentialCache.DefaultLifetime : TimeSpan.Zero, CredentialCache.DefaultCapacity, Time(provider)));
        services.AddSingleton(static provider => new SignInLimits(Options(provider).SignInLimits, Time(provider)));
        services.AddSingleton(static provider => new Credentials(
            Store(provider), provider.GetRequiredService<PasswordVerifier>(), provider.GetRequiredService<Secrets>(),
            provider.GetRequiredService<CredentialCache>(), provider.GetRequiredService<SignInLimits>(), provider.GetRequiredService<ILogger<Credentials>>()));
        services.AddSingleton(static provider => new Mailboxes.Annotations(Store(provider)));
        services.AddSingleton(static provider => new Quotas(Store(provider)));
        services.AddSingleton(static provider => new Accounts.Accounts(Store(provider), provider.GetRequiredService<Secrets>(), Time(provider)));
        services.AddSingleton(static provider => new Aliases(Store(provider)));
        services.AddSingleton(static provider => new Recipients(Store(provider), provider.GetRequiredService<Domains>()));
        services.AddSingleton(static provider => new Mailboxes.Mailboxes(Store(provider), Options(provider), Time(provider)));
        services.AddSingleton(static provider => new Messages.Messages(Store(provider), Blobs(provider), Time(provider)));
        services.AddSingleton(static provider => new Maildrops.Maildrops(Store(provider), Time(provider)));
        services.AddSingleton(static provider => new Deliveries(Store(provider), provider.GetRequiredService<QueueSignal>(), Time(provider)));
        services.AddSingleton(static provider =>
            new MailQueue(Store(provider), Blobs(provider), provider.GetRequiredService<QueueSignal>(), Time(provider)));
        services.AddSingleton<IStoreMaintenance>(static provider => Store(provider) switch
        {
            PostgresStore store => new PostgresMaintenance(store),
            IStore store => new SqliteMaintenance((SqliteStore)store),
        });
        services.AddSingleton(static provider => new BodySweep(
            Store(provider), Maintenance(provider), Blobs(provider), Time(provider), provider.GetRequiredService<ILogger<BodySweep>>()));
        services.AddSingleton(static provider => new StoreCheck(Store(provider), Maintenance(provider), Blobs(provider)));
        services.AddSingleton(static provider =>
            new Backup(Store(provider), Maintenance(provider), Blobs(provider), provider.GetRequiredService<BodySweep>(), Time(provider)));
        return services;
    }

    private static IStore OpenStore(StoreOptions options, IServiceProvider provider)
    {
        ChangeFeed feed = provider.GetRequiredService<ChangeFeed>();
        return options.Database.Length == 0
            ? SqliteStore.Open(options.DataFolder, feed, Time(provider), provider.GetRequiredService<ILogger<SqliteStore>>())
            : PostgresStore.Open(
                options.DataFolder, options.Database, feed, provider.GetRequiredService<QueueSignal>(), Time(provider),
                provider.GetRequiredService<ILogger<PostgresStore>>());
    }

    private static IStoreMaintenance Maintenance(IServiceProvider provider) => provider.GetRequiredService<IStoreMaintenance>();

    private static StoreOptions Options(IServiceProvider provider) => provider.GetRequiredService<StoreOptions>();

    private static IStore Store(IServiceProvider provider) => provider.GetRequiredService<IStore>();

    private static IBlobStore Blobs(IServiceProvider provider) => provider.GetRequiredService<IBlobStore>();

    private static TimeProvider Time(IServiceProvider provider) => provider.GetRequiredService<TimeProvider>();
}
