using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Posthorn.Core;
using Posthorn.Core.Storage;

namespace Posthorn.Stores;

/// <summary>
/// The store that this run of the tests uses: embedded, or with <c>TEST_STORE=postgres</c> in the environment a database of its own for each data folder, copied from a
/// template that has the schema.
/// </summary>
public static class TestDatabase
{
    private const string Template = "posthorn_template";

    private static readonly Lazy<PostgresCluster> LazyCluster = new(Prepare);
    private static readonly ConcurrentDictionary<string, string> Databases = new();
    private static readonly Lock Creating = new();
    private static int _count;

    public static bool IsPostgres { get; } = Environment.GetEnvironmentVariable("TEST_STORE") == "postgres";

    /// <summary>Started once for the process, when first asked for.</summary>
    public static PostgresCluster Cluster => LazyCluster.Value;

    /// <summary>The connection string for a store in <paramref name="dataFolder"/>: the same each time; empty for the embedded store.</summary>
    public static string For(string dataFolder) =>
        IsPostgres ? Cluster.ConnectionString(Databases.GetOrAdd(Path.GetFullPath(dataFolder), static _ => Create())) : "";

    /// <summary>A new database with the schema in it.</summary>
    public static string Create() => Create(Template);

    /// <summary>A new database copied from <paramref name="template"/>.</summary>
    public static string Create(string template)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"store_{Interlocked.Increment(ref _count)}");
        lock (Creating)
        {
            // A template is copied by one at a time.
            Cluster.Execute($"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY");
        }

        return name;
    }

    /// <summary>Removes the database of a folder, if there is one.</summary>
    public static void Drop(string dataFolder)
    {
        if (Databases.TryRemove(Path.GetFullPath(dataFolder), out string? name))
        {
            Cluster.Execute($"DROP DATABASE {name} WITH (FORCE)");
        }
    }

    private static PostgresCluster Prepare()
    {
        PostgresCluster cluster = PostgresCluster.Start();
        cluster.Execute($"CREATE DATABASE {Template}");
        DirectoryInfo folder = Directory.CreateTempSubdirectory("posthorn-template-");
        ServiceProvider services = new ServiceCollection()
            .AddSingleton(TimeProvider.System)
            .AddSingleton(typeof(ILogger<>), typeof(NullLogger<>))
            .AddPosthornCore(new StoreOptions { DataFolder = folder.FullName, Database = cluster.ConnectionString(Template) })
            .BuildServiceProvider();
        services.GetRequiredService<IStore>();
        services.DisposeAsync().AsTask().GetAwaiter().GetResult();
        folder.Delete(recursive: true);
        return cluster;
    }
}
