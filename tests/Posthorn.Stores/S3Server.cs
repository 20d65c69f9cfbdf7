using System.Diagnostics;
using System.Globalization;
using Posthorn.Core.Bodies.S3;

namespace Posthorn.Stores;

/// <summary>A real S3 server (s3rver under node) with one bucket in a temporary folder, that can be told to misbehave. It ends with its input, so with this process, and its folder with it.</summary>
public sealed class S3Server : IDisposable
{
    public const string Bucket = "mail";

    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(30);

    private readonly Process _node;
    private readonly int _port;
    private int _buckets;

    private S3Server(string folder, Process node)
    {
        (Folder, _node) = (folder, node);
        _port = int.Parse(ReadLine(), CultureInfo.InvariantCulture);
    }

    /// <summary>Where the objects lie.</summary>
    public string Folder { get; }

    public S3Options Options => OptionsOf(Bucket);

    /// <summary>How to reach a bucket.</summary>
    public S3Options OptionsOf(string bucket) => new()
    {
        Bucket = bucket,
        Endpoint = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_port}"),
        AccessKey = "S3RVER",
        SecretKey = "S3RVER",
    };

    /// <exception cref="InvalidOperationException">node or s3rver is missing.</exception>
    public static S3Server Start()
    {
        string folder = Directory.CreateTempSubdirectory("posthorn-s3-").FullName;
        string script = Path.Combine(AppContext.BaseDirectory, "s3", "server.js");
        var start = new ProcessStartInfo("node") { RedirectStandardInput = true, RedirectStandardOutput = true, ArgumentList = { script, folder, Bucket } };
        return new S3Server(folder, Process.Start(start) ?? throw new InvalidOperationException("node does not start."));
    }

    /// <summary>The files that hold the octets of the bodies.</summary>
    public IReadOnlyList<string> Objects => ObjectsOf(Bucket);

    /// <inheritdoc cref="Objects"/>
    public IReadOnlyList<string> ObjectsOf(string bucket) =>
        [.. Directory.EnumerateFiles(Path.Combine(Folder, bucket), "*_S3rver_object", SearchOption.AllDirectories)
            .Where(static file => !file.Contains("posthorn-store", StringComparison.Ordinal))];

    /// <summary>Takes an object out of the bucket, behind everybody's back.</summary>
    public void Delete(string key)
    {
        foreach (string file in Directory.GetFiles(Path.Combine(Folder, Bucket, Path.GetDirectoryName(key)!), Path.GetFileName(key) + "*"))
        {
            File.Delete(file);
        }
    }

    /// <summary>One more bucket, with a name of its own.</summary>
    public string MakeBucket()
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"mail-{Interlocked.Increment(ref _buckets)}");
        Directory.CreateDirectory(Path.Combine(Folder, name));
        return name;
    }

    /// <summary>The next requests get 500.</summary>
    public void Fail(int requests) => Tell(string.Create(CultureInfo.InvariantCulture, $"fail {requests}"));

    /// <summary>Every answer waits.</summary>
    public void BeSlow(int milliseconds) => Tell(string.Create(CultureInfo.InvariantCulture, $"slow {milliseconds}"));

    /// <summary>No request is answered any more.</summary>
    public void BeDeaf() => Tell("deaf");

    public void BeWell() => Tell("well");

    /// <summary>Requests so far.</summary>
    public int Requests() => Tell("count");

    public void Dispose()
    {
        _node.StandardInput.Close();
        _node.WaitForExit();
        _node.Dispose();
    }

    private int Tell(string command)
    {
        _node.StandardInput.WriteLine(command);
        _node.StandardInput.Flush();
        return int.Parse(ReadLine(), CultureInfo.InvariantCulture);
    }

    private string ReadLine()
    {
        using var timeout = new CancellationTokenSource(AnswerTimeout);
        return _node.StandardOutput.ReadLineAsync(timeout.Token).AsTask().GetAwaiter().GetResult()
            ?? throw new InvalidOperationException("The S3 server of the tests does not start (npm ci --prefix tests/Posthorn.Stores/s3).");
    }
}
