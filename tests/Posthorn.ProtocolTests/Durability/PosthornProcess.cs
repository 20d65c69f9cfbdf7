using System.Diagnostics;
using System.Text.Json;
using Posthorn.Stores;

namespace Posthorn.ProtocolTests.Durability;

/// <summary>The program as a process of its own, so that it can be killed and watched; on free ports of the loopback and a data folder that outlives it.</summary>
internal sealed class PosthornProcess : IAsyncDisposable
{
    public const string User = "you@example.test";
    public const string Password = "secret";

    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "posthorn.dll");

    private readonly string _configuration;
    private Process? _process;

    private PosthornProcess(string folder)
    {
        Folder = folder;
        _configuration = Path.Combine(folder, "posthorn.json");
    }

    public string Folder { get; }

    private string DataFolder => Path.Combine(Folder, "data");

    public IReadOnlyDictionary<string, int> Ports { get; private set; } = new Dictionary<string, int>();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>A store with one account; nothing runs yet.</summary>
    public static async Task<PosthornProcess> MakeAsync()
    {
        var made = new PosthornProcess(Directory.CreateTempSubdirectory("posthorn-process-").FullName);
        await File.WriteAllTextAsync(made._configuration, $$"""
            {
              "store": "{{TestDatabase.For(made.DataFolder)}}",
              "bodies": {{JsonSerializer.Serialize(TestBodies.For(made.DataFolder))}},
              "hostName": "mx.example.test",
              "listeners": {
                "smtp": { "address": "127.0.0.1", "port": 0 },
                "imap": { "address": "127.0.0.1", "port": 0 },
                "imaps": { "address": "127.0.0.1", "port": 0 }
              },
              "limits": { "maxConnectionsPerAddress": 1000 },
              "telemetry": { "logLevel": "Error" }
            }
            """, Cancel);
        await made.CommandAsync("", "domain", "add", "example.test");
        await made.CommandAsync(Password + "\n", "account", "add", User, "--password-stdin");
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

            if (File.Exists(Path.Combine(Folder, "data", "control.sock")) && await TryStatusAsync() is { } ports)
            {
                Ports = ports;
                return;
            }
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

    /// <summary>SIGTERM, and waits for the end.</summary>
    public async Task StopAsync()
    {
        using Process kill = Start(["pkill", "-TERM", "-f", _configuration], redirectInput: false);
        await kill.WaitForExitAsync(Cancel);
        await _process!.WaitForExitAsync(Cancel);
        _process.Dispose();
        _process = null;
    }

    public async Task<string> CommandAsync(string input, params string[] arguments)
    {
        using Process process = Start(["dotnet", Program, .. arguments, "--config", _configuration], redirectInput: true);
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(Cancel), errors = process.StandardError.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel);
        string said = await output + await errors;
        return process.ExitCode == 0 ? said : throw new InvalidOperationException($"posthorn {arguments[0]} failed: {said}");
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await KillAsync();
        }

        TestDatabase.Drop(DataFolder);
        Directory.Delete(Folder, recursive: true);
    }

    private async Task<IReadOnlyDictionary<string, int>?> TryStatusAsync()
    {
        try
        {
            using JsonDocument status = JsonDocument.Parse(await CommandAsync("", "status", "--json"));
            return status.RootElement.GetProperty("ports").EnumerateObject().ToDictionary(port => port.Name, port => port.Value.GetInt32());
        }
        catch (InvalidOperationException)
        {
            // Not up yet.
            return null;
        }
    }

    private static Process Start(string[] line, bool redirectInput)
    {
        var start = new ProcessStartInfo(line[0]) { RedirectStandardInput = redirectInput, RedirectStandardOutput = redirectInput, RedirectStandardError = true };
        foreach (string argument in line.Skip(1))
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start) ?? throw new InvalidOperationException($"{line[0]} did not start.");
    }
}
