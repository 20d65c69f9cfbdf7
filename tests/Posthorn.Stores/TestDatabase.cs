using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Posthorn.Core;
using Posthorn.Core.Bodies.S3;
using Posthorn.Core.Storage;

namespace Posthorn.Stores;

/// <summary>
/// The store that this run of the tests uses: embedded, or with <c>TEST_STORE=postgres</c> in the environment a database of its own for each data folder, copied from a
/// template that has the schema, and a bucket for large bodies.
/// </summary>
public static class TestDatabase
{
    private const string Template = "posthorn_template";

    private static readonly Lazy<PostgresCluster> LazyCluster = new(Prepare);
    private static readonly Lazy<S3Server> LazyServer = new(S3Server.Start);
    private static readonly ConcurrentDictionary<string, string> Databases = new();
    private static readonly ConcurrentDictionary<string, string> Buckets = new();
    private static readonly Lock Creating = new();
    private static int _count;

    public static bool IsPostgres { get; } = Environment.GetEnvironmentVariable("TEST_STORE") == "postgres";

    /// <summary>Started once for the process, when first asked for.</summary>
    public static PostgresCluster Cluster => LazyCluster.Value;

    /// <summary>The connection string for a store in <paramref name="dataFolder"/>: the same each time; empty for the embedded store.</summary>
    public static string For(string dataFolder) =>
        IsPostgres ? Cluster.ConnectionString(Databases.GetOrAdd(Path.GetFullPath(dataFolder), static _ => Create())) : "";

    /// <summary>Makes the database of a store in <paramref name="dataFolder"/> a copy of that of a closed one in <paramref name="closed"/>; its bodies are not copied.</summary>
    public static void Copy(string closed, string dataFolder)
    {
        if (IsPostgres)
        {
            Databases[Path.GetFullPath(dataFolder)] = Create(Databases[Path.GetFullPath(closed)]);
        }
    }

    /// <summary>Where a store in <paramref name="dataFolder"/> keeps large bodies: with PostgreSQL in a bucket, else (null) in files.</summary>
    public static S3Options? BodiesFor(string dataFolder) =>
        IsPostgres ? LazyServer.Value.OptionsOf(Buckets.GetOrAdd(Path.GetFullPath(dataFolder), static _ => LazyServer.Value.MakeBucket())) : null;

    /// <summary>A bucket of its own, whatever the store of this run is.</summary>
    public static S3Options MakeBucket() => LazyServer.Value.OptionsOf(LazyServer.Value.MakeBucket());

    /// <summary>The files that hold the octets of a store's large bodies, wherever they are.</summary>
    public static IReadOnlyList<string> BodyFiles(string dataFolder) => BodiesFor(dataFolder) is { } bucket
        ? LazyServer.Value.ObjectsOf(bucket.Bucket)
        : [.. Directory.EnumerateFiles(Path.Combine(dataFolder, "bodies"), "*", SearchOption.AllDirectories)];

    /// <summary>Drops copies of bodies that a node keeps nearby, so that the next read meets the originals.</summary>
    public static void ForgetCopies(string dataFolder)
    {
        string cache = Path.Combine(dataFolder, "body-cache");
        foreach (string copy in Directory.Exists(cache) ? Directory.EnumerateFiles(cache) : [])
        {
            File.Delete(copy);
        }
    }

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

    /// <summary>Runs SQL in the database of a folder, outside the store.</summary>
    public static void Execute(string dataFolder, string sql) => Cluster.Execute(sql, Databases[Path.GetFullPath(dataFolder)]);

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
