using System.Diagnostics;
using System.Text.Json;
using Posthorn.Administration;
using Posthorn.Configuration;
using Posthorn.Control;
using Posthorn.Stores;

namespace Posthorn.ProtocolTests.Durability;

/// <summary>The program as a process of its own, so that it can be killed and watched; on free ports of the loopback and a data folder that outlives it.</summary>
internal sealed class PosthornProcess : IAsyncDisposable
{
    public const string User = "you@example.test";
    public const string Password = "secret";

    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "posthorn.dll");

    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(5);

    private readonly string _configuration;
    private Process? _process;

    private PosthornProcess(string folder)
    {
        Folder = folder;
        _configuration = Path.Combine(folder, "posthorn.json");
    }

    /// <summary>In a folder that the program is yet to make.</summary>
    public static PosthornProcess InNewFolder() => new(Path.Combine(Path.GetTempPath(), $"posthorn-process-{Guid.NewGuid():N}"));

    /// <summary>Variables of the environment that the program's processes get.</summary>
    public Dictionary<string, string> Environment { get; } = [];

    public string Folder { get; }

    private string DataFolder => Path.Combine(Folder, "data");

    public IReadOnlyDictionary<string, int> Ports { get; private set; } = new Dictionary<string, int>();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>The configuration file.</summary>
    public string Configuration => _configuration;

    /// <summary>A store with one account; nothing runs yet.</summary>
    /// <param name="prepare">What to do with the data folder before anything is in it.</param>
    /// <param name="smarthost">Port of a server on this host that takes all outgoing mail.</param>
    /// <param name="shared">The store and the bucket, where it is not the one of this run of the tests.</param>
    public static async Task<PosthornProcess> MakeAsync(Func<string, Task>? prepare = null, int? smarthost = null, SharedStore? shared = null)
    {
        var made = new PosthornProcess(Directory.CreateTempSubdirectory("posthorn-process-").FullName);
        if (prepare is not null)
        {
            await prepare(Directory.CreateDirectory(made.DataFolder).FullName);
        }

        await File.WriteAllTextAsync(made._configuration, $$"""
            {
              "store": "{{shared?.Database ?? TestDatabase.For(made.DataFolder)}}",
              "bodies": {{JsonSerializer.Serialize(shared?.Bodies ?? TestBodies.For(made.DataFolder))}},
              "hostName": "mx.example.test",
              "listeners": {
                "smtp": { "address": "127.0.0.1", "port": 0 },
                "imap": { "address": "127.0.0.1", "port": 0 },
                "imaps": { "address": "127.0.0.1", "port": 0 },
                "submissions": { "address": "127.0.0.1", "port": 0 },
                "pop3s": { "address": "127.0.0.1", "port": 0 }
              },
              "outbound": { "smarthost": "{{(smarthost is { } port ? $"127.0.0.1:{port}" : "")}}" },
              "limits": { "maxConnectionsPerAddress": 1000 },
              "telemetry": { "logLevel": "Error" }
            }
            """, Cancel);
        if (shared is not { IsMade: true })
        {
            await made.CommandAsync("", "domain", "add", "example.test");
            await made.CommandAsync(Password + "\n", "account", "add", User, "--password-stdin");
        }

        return made;
    }

    /// <summary>Starts the server and returns when it listens.</summary>
    /// <param name="under">A program and its arguments to run it under, such as strace.</param>
    public async Task StartAsync(params string[] under)
    {
        _process = Start([.. under, "dotnet", Program, "serve", "--config", _configuration], redirectInput: false);
        while (true)
        {
            Cancel.ThrowIfCancellationRequested();
            if (_process.HasExited)
            {
                throw new InvalidOperationException($"The server ended: {await _process.StandardError.ReadToEndAsync(Cancel)}");
            }

            if (File.Exists(ControlSocket.PathIn(DataFolder)) && await TryStatusAsync() is { } ports)
            {
                Ports = ports;
                return;
            }

            await Task.Delay(LookAgain, TimeProvider.System, Cancel);
        }
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        _process!.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
        _process = null;
        // What a killed server leaves is no sign of a running one.
        File.Delete(Path.Combine(Folder, "data", "control.sock"));
    }

    /// <summary>SIGTERM, and waits for the end; the exit status.</summary>
    public async Task<int> StopAsync()
    {
        using Process kill = Start(["pkill", "-TERM", "-f", _configuration], redirectInput: false);
        await kill.WaitForExitAsync(Cancel);
        await _process!.WaitForExitAsync(Cancel);
        int status = _process.ExitCode;
        _process.Dispose();
        _process = null;
        return status;
    }

    /// <summary>Begins a command of the program, to be watched while it works; standard output and error are redirected.</summary>
    public Process BeginCommand(params string[] arguments) => Start(["dotnet", Program, .. arguments, "--config", _configuration], redirectInput: true);

    public async Task<string> CommandAsync(string input, params string[] arguments)
    {
        (int status, string said) = await TryCommandAsync(input, arguments);
        return status == 0 ? said : throw new InvalidOperationException($"posthorn {arguments[0]} failed: {said}");
    }

    /// <summary>Runs a command of the program; its status, and what it wrote to standard output and error.</summary>
    public async Task<(int Status, string Said)> TryCommandAsync(string input, params string[] arguments)
    {
        string[] configuration = arguments[0] == "quickstart" ? [] : ["--config", _configuration];
        using Process process = Start(["dotnet", Program, .. arguments, .. configuration], redirectInput: true);
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(Cancel), errors = process.StandardError.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel);
        return (process.ExitCode, await output + await errors);
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await KillAsync();
        }

        TestDatabase.Drop(DataFolder);
        if (Directory.Exists(Folder))
        {
            Directory.Delete(Folder, recursive: true);
        }
    }

    private async Task<IReadOnlyDictionary<string, int>?> TryStatusAsync()
    {
        try
        {
            var client = new ControlClient(new PosthornOptions { DataFolder = DataFolder });
            return (await client.RunAsync(StatusOperations.Show, new StatusRequest(), new Progress<WorkProgress>(), Cancel)).Ports;
        }
        catch (Exception failure) when (failure is OperationRefusedException or HttpRequestException)
        {
            // Not up yet.
            return null;
        }
    }

    private Process Start(string[] line, bool redirectInput)
    {
        var start = new ProcessStartInfo(line[0]) { RedirectStandardInput = redirectInput, RedirectStandardOutput = redirectInput, RedirectStandardError = true };
        foreach (string argument in line.Skip(1))
        {
            start.ArgumentList.Add(argument);
        }

        foreach ((string name, string value) in Environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start) ?? throw new InvalidOperationException($"{line[0]} did not start.");
    }
}

/// <summary>A store that several processes have.</summary>
/// <param name="IsMade">The domain and the account are there.</param>
internal sealed record SharedStore(string Database, BodiesOptions Bodies, bool IsMade);
