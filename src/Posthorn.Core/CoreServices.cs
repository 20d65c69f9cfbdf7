using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies;
using Posthorn.Core.Bodies.S3;
using Posthorn.Core.Changes;
using Posthorn.Core.Delivery;
using Posthorn.Core.Maintenance;
using Posthorn.Core.Queue;
using Posthorn.Core.Search;
using Posthorn.Core.Search.Index;
using Posthorn.Core.Security;
using Posthorn.Core.Storage;
using Posthorn.Core.Storage.Copying;
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

    /// <summary>Octets of a PostgreSQL store up to which a migration sets a copy aside first.</summary>
    public const long LargestSetAside = 4L << 30;

    /// <inheritdoc cref="LargestSetAside"/>
    public long SetAsideUpTo { get; init; } = LargestSetAside;

    /// <summary>There is a backup: a migration goes ahead without a copy where the store is too large for one.</summary>
    public bool IsBackedUp { get; init; }

    /// <summary>Where large bodies are; null: files in the data folder.</summary>
    public S3Options? Bodies { get; init; }

    /// <summary>Largest message taken, in octets (RFC 1870).</summary>
    public long MaxMessageBytes { get; init; } = 50L * 1024 * 1024;

    /// <summary>Mailboxes an account may have.</summary>
    public int MaxMailboxes { get; init; } = 10_000;

    /// <summary>Names an account may have subscribed to: its mailboxes, those of others, and names that outlived theirs.</summary>
    public int MaxSubscriptions { get; init; } = 20_000;

    /// <summary>How long removed messages and accounts can be brought back; zero: not at all.</summary>
    public TimeSpan UndeleteFor { get; init; } = TimeSpan.FromDays(14);

    /// <summary>What a new password hash costs.</summary>
    public Argon2Parameters Argon2 { get; init; } = Argon2Parameters.Default;

    /// <summary>Verified passwords are remembered for a few minutes, as keyed hashes in memory.</summary>
    public bool CachesCredentials { get; init; } = true;

    public SignInLimitOptions SignInLimits { get; init; } = new();

    /// <summary>The time that a removal of now carries; null: nothing is kept.</summary>
    internal DateTimeOffset? KeptFrom(TimeProvider time) => UndeleteFor > TimeSpan.Zero ? time.GetUtcNow() : null;

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
        services.AddSingleton(static provider => new NodeNews(Store(provider), provider.GetRequiredService<SignedInSessions>(), provider.GetRequiredService<Node>()));
        services.AddSingleton(static provider => new SignedInSessions(
            Store(provider), provider.GetRequiredService<SignInHistory>(), Time(provider), provider.GetRequiredService<ILogger<SignedInSessions>>()));
        services.AddSingleton(static provider => new ConnectedApps(
            provider.GetRequiredService<SignedInSessions>(), (Store(provider) as PostgresStore)?.Sessions, provider.GetRequiredService<Node>()));
        services.AddSingleton(static provider => OpenStore(Options(provider), provider));
        services.AddSingleton<IBlobStore>(static provider => Options(provider) is { Bodies: { } bucket } options
            ? S3BlobStore.Open(options.DataFolder, bucket, new BucketOwner(EpochOf(Store(provider)), CopyOf: null))
            : new FileBlobStore(Options(provider).DataFolder));
        services.AddSingleton(static provider => new DirectoryCache(Store(provider), Time(provider)));
        services.AddSingleton(static provider => new Domains(Store(provider), provider.GetRequiredService<DirectoryCache>(), Time(provider)));
        services.AddSingleton(static provider => new PasswordVerifier(Options(provider).Argon2));
        services.AddSingleton<Secrets>();
        services.AddSingleton(static provider => new CredentialCache(
            Options(provider).CachesCredentials ? CredentialCache.DefaultLifetime : TimeSpan.Zero, CredentialCache.DefaultCapacity, Time(provider)));
        services.AddSingleton(static provider => new SignInLimits(Options(provider).SignInLimits, Time(provider)));
        services.AddSingleton(static provider => new Credentials(
            Store(provider), provider.GetRequiredService<PasswordVerifier>(), provider.GetRequiredService<Secrets>(), provider.GetRequiredService<StoreSecret>(),
            provider.GetRequiredService<CredentialCache>(), provider.GetRequiredService<SignInLimits>(), provider.GetRequiredService<AppPasswords>(),
            provider.GetRequiredService<SignedInSessions>(), provider.GetRequiredService<SignInLog>(), Time(provider), provider.GetRequiredService<ILogger<Credentials>>()));
        AddSecurity(services);
        services.AddSingleton(static provider => new DeviceLinks(Store(provider), Time(provider)));
        services.AddSingleton(static provider => new Watching.ConnectionWatch(Time(provider)));
        services.AddSingleton(static provider => new Mailboxes.Annotations(Store(provider)));
        services.AddSingleton(static provider => new Access.Grants(Store(provider)));
        services.AddSingleton(static provider => new Quotas(Store(provider)));
        services.AddSingleton(static provider => new Accounts.Accounts(
            Store(provider), provider.GetRequiredService<Secrets>(), provider.GetRequiredService<CredentialCache>(), provider.GetRequiredService<SignedInSessions>(),
            Options(provider), Time(provider)));
        services.AddSingleton(static provider => new DomainQuotaWatch(Store(provider), Time(provider), provider.GetRequiredService<ILogger<DomainQuotaWatch>>()));
        services.AddSingleton(static provider => new Access.WebKeys(Store(provider), Time(provider)));
        services.AddSingleton(static provider => new Aliases(Store(provider)));
        services.AddSingleton(static provider => new Recipients(
            Store(provider), provider.GetRequiredService<Domains>(), provider.GetRequiredService<StoreSecret>(), Time(provider)));
        services.AddSingleton(static provider => new Mailboxes.Mailboxes(Store(provider), Options(provider), Time(provider)));
        services.AddSingleton(static provider => new Messages.Messages(Store(provider), Blobs(provider), Options(provider), Time(provider)));
        services.AddSingleton<IIndexStore>(static provider => Store(provider) is PostgresStore store
            ? new PostgresIndexStore(store, Options(provider).DataFolder)
            : new FileIndexStore(Options(provider).DataFolder));
        services.AddSingleton(static provider => new SearchIndex(
            provider.GetRequiredService<IIndexStore>(), Store(provider), provider.GetRequiredService<ILogger<SearchIndex>>()));
        services.AddSingleton(static provider => new Searches(Store(provider), Blobs(provider), Index(provider)));
        services.AddSingleton(static provider => new SearchIndexer(
            Index(provider), new Indexing(Index(provider), Store(provider), Blobs(provider)), Store(provider), provider.GetRequiredService<ChangeFeed>(), Time(provider),
            provider.GetRequiredService<ILogger<SearchIndexer>>()));
        services.AddSingleton(static provider => new Messages.Conversations(Store(provider), provider.GetRequiredService<Mailboxes.Mailboxes>()));
        services.AddSingleton(static provider => new Undelete.Undelete(Store(provider), Options(provider), Time(provider)));
        services.AddSingleton(static provider => new Undelete.UndeleteExpiry(
            Store(provider), Options(provider), Time(provider), provider.GetRequiredService<ILogger<Undelete.UndeleteExpiry>>()));
        services.AddSingleton(static provider => new Preferences(Store(provider)));
        services.AddSingleton<Scheduling.ScheduleSignal>();
        services.AddSingleton(static provider => new Scheduling.Snoozing(
            Store(provider), Options(provider), provider.GetRequiredService<Scheduling.ScheduleSignal>(), Time(provider)));
        services.AddSingleton(static provider => new Scheduling.Scheduler(
            Store(provider), provider.GetRequiredService<Scheduling.ScheduleSignal>(), Time(provider), provider.GetRequiredService<ILogger<Scheduling.Scheduler>>()));
        services.AddSingleton(static provider => new Maildrops.Maildrops(Store(provider), provider.GetRequiredService<Node>(), Time(provider)));
        services.AddSingleton(static provider => new AutomaticDelivery(provider.GetRequiredService<Domains>(), provider.GetRequiredService<StoreSecret>()));
        services.AddSingleton(static provider => new Replies.Vacations(Store(provider)));
        services.AddSingleton(static provider => new Forwarding.Forwards(
            Store(provider), provider.GetRequiredService<Domains>(), provider.GetRequiredService<StoreSecret>(), provider.GetRequiredService<QueueSignal>(), Time(provider),
            provider.GetRequiredService<ILogger<Forwarding.Forwards>>()));
        services.AddSingleton(static provider => new Deliveries(
            Store(provider), provider.GetRequiredService<AutomaticDelivery>(), provider.GetRequiredService<QueueSignal>(), Time(provider)));
        services.AddSingleton(static provider => new DeliveryLog(Store(provider), Time(provider), provider.GetRequiredService<ILogger<DeliveryLog>>()));
        services.AddSingleton(static provider => new Feedback.HelpAnswers(Store(provider), Time(provider)));
        services.AddSingleton(static provider => new Outbox(
            Store(provider), provider.GetRequiredService<AutomaticDelivery>(), provider.GetRequiredService<QueueSignal>(),
            provider.GetRequiredService<Scheduling.ScheduleSignal>(), Time(provider)));
        services.AddSingleton(static provider =>
            new MailQueue(Store(provider), Blobs(provider), provider.GetRequiredService<AutomaticDelivery>(), provider.GetRequiredService<QueueSignal>(), Time(provider)));
        services.AddSingleton<IStoreMaintenance>(static provider => Store(provider) switch
        {
            PostgresStore store => new PostgresMaintenance(store),
            IStore store => new SqliteMaintenance((SqliteStore)store),
        });
        services.AddSingleton(static provider => new BodySweep(
            Store(provider), Maintenance(provider), Blobs(provider), provider.GetRequiredService<StoreUse>(), Time(provider), provider.GetRequiredService<ILogger<BodySweep>>()));
        services.AddSingleton(static provider => new StoreUse(Store(provider), Maintenance(provider), Time(provider), provider.GetRequiredService<ILogger<StoreUse>>()));
        services.AddSingleton(static provider => new StoreMeasure(Maintenance(provider)));
        services.AddSingleton(static provider => new StoreCheck(Store(provider), Maintenance(provider), Blobs(provider), Index(provider)));
        services.AddSingleton(static provider =>
            new Backup(Store(provider), Maintenance(provider), Blobs(provider), Time(provider)));
        services.AddSingleton(static provider => new MoveStore(Store(provider), Maintenance(provider), Blobs(provider), Options(provider), Time(provider)));
        return services;
    }

    private static void AddSecurity(IServiceCollection services)
    {
        services.AddSingleton(static provider => new StoreSecret(Store(provider)));
        services.AddSingleton(static provider => new SignInLog(Store(provider), Time(provider), provider.GetRequiredService<ILogger<SignInLog>>()));
        services.AddSingleton(static provider => new SignInHistory(
            Store(provider), provider.GetRequiredService<SignInLog>(), provider.GetRequiredService<ILogger<SignInHistory>>()));
        services.AddSingleton(static provider => new AppPasswords(
            Store(provider), provider.GetRequiredService<StoreSecret>(), provider.GetRequiredService<SignedInSessions>(), Time(provider)));
        services.AddSingleton(static provider => new TwoStep(
            Store(provider), provider.GetRequiredService<StoreSecret>(), provider.GetRequiredService<SignInLimits>(), provider.GetRequiredService<SignedInSessions>(),
            provider.GetRequiredService<SignInLog>(), Time(provider), provider.GetRequiredService<ILogger<TwoStep>>()));
        services.AddSingleton(static provider => new WebSessions(Store(provider), Time(provider)));
        services.AddSingleton(static provider => new Passkeys(
            Store(provider), provider.GetRequiredService<SignInLimits>(), provider.GetRequiredService<SignInLog>(), Time(provider)));
    }

    private static IStore OpenStore(StoreOptions options, IServiceProvider provider)
    {
        ChangeFeed feed = provider.GetRequiredService<ChangeFeed>();
        return options.Database.Length == 0
            ? SqliteStore.Open(options.DataFolder, feed, Time(provider), provider.GetRequiredService<ILogger<SqliteStore>>())
            : PostgresStore.Open(
                options, feed, provider.GetRequiredService<QueueSignal>(), Time(provider),
                provider.GetRequiredService<ILogger<PostgresStore>>());
    }

    private static string EpochOf(IStore store) =>
        Task.Run(async () => await store.ReadAsync(AccountId.Store, static session => session.Directory.SettingAsync(StoreMark.Epoch), CancellationToken.None))
            .GetAwaiter().GetResult() ?? throw new StoreOpeningException("The store has no epoch: its database is not whole. Restore a backup.");

    private static SearchIndex Index(IServiceProvider provider) => provider.GetRequiredService<SearchIndex>();

    private static IStoreMaintenance Maintenance(IServiceProvider provider) => provider.GetRequiredService<IStoreMaintenance>();

    private static StoreOptions Options(IServiceProvider provider) => provider.GetRequiredService<StoreOptions>();

    private static IStore Store(IServiceProvider provider) => provider.GetRequiredService<IStore>();

    private static IBlobStore Blobs(IServiceProvider provider) => provider.GetRequiredService<IBlobStore>();

    private static TimeProvider Time(IServiceProvider provider) => provider.GetRequiredService<TimeProvider>();
}
