using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Administration;
using Posthorn.Configuration;
using Posthorn.Control;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Hosting;
using Posthorn.Stores;

namespace Posthorn.ProtocolTests.CommandLine;

/// <summary>A data folder with the account <see cref="Address"/>, and operations on it: through the control socket of a server in this process, or without one.</summary>
internal sealed class AdministeredStore : IAsyncDisposable
{
    public const string Address = "alice@example.test";

    public static readonly Actor Operator = Actor.System("test");

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("posthorn-cli-");
    private MailServer? _server;

    private AdministeredStore() => Options = new PosthornOptions
    {
        DataFolder = PathOf("data"),
        Store = TestDatabase.For(PathOf("data")),
        Bodies = TestBodies.For(PathOf("data")),
        Listeners = new ListenerSet { Smtp = Free, Metrics = Free },
        Limits = new LimitOptions { MaxMessageBytes = 1024 * 1024 },
        Dns = new DnsOptions { ZoneFile = Zone() },
        Telemetry = new TelemetryOptions { LogLevel = "Error" },
    };

    public PosthornOptions Options { get; }

    public List<WorkProgress> Progress { get; } = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static ListenerOptions Free => new() { Address = "127.0.0.1", Port = 0 };

    public static async Task<AdministeredStore> OpenAsync(bool withServer)
    {
        var store = new AdministeredStore();
        await store.UseAsync(async services =>
        {
            await services.GetRequiredService<Domains>().AddAsync(Operator, "example.test", [], Cancel);
            Assert.True((await services.GetRequiredService<Accounts>().AddAsync(Operator, Address, "secret-password", null, false, Cancel)).IsOk);
        });
        if (withServer)
        {
            store._server = MailServer.Build(store.Options);
            await store._server.StartAsync(Cancel);
        }

        return store;
    }

    /// <summary>A DNS that has one record as it should be and one that says something else.</summary>
    private string Zone()
    {
        File.WriteAllText(PathOf("zone.txt"), "example.test. MX 10 localhost.\nexample.test. TXT \"v=spf1 -all\"\n");
        return PathOf("zone.txt");
    }

    public string PathOf(string name) => Path.Combine(_folder.FullName, name);

    public Task<TResult> RunAsync<TRequest, TResult>(Operation<TRequest, TResult> operation, TRequest request) => RunAsync(operation, request, new Recorded(Progress), Cancel);

    public Task<TResult> RunAsync<TRequest, TResult>(Operation<TRequest, TResult> operation, TRequest request, IProgress<WorkProgress> progress, CancellationToken cancel) =>
        new ControlClient(Options).RunAsync(operation, request, progress, cancel);

    /// <summary>The sentence with which the operation refuses.</summary>
    public async Task<string> RefusalAsync<TRequest, TResult>(Operation<TRequest, TResult> operation, TRequest request) =>
        (await Assert.ThrowsAsync<OperationRefusedException>(() => RunAsync(operation, request))).Message;

    /// <summary>Core's services: of the running server, or of a store opened for this call.</summary>
    public async Task UseAsync(Func<IServiceProvider, Task> use)
    {
        if (_server is not null)
        {
            await use(_server.Services);
            return;
        }

        await using ServiceProvider services = StoreHost.Build(Options);
        await use(services);
    }

    /// <summary>All messages of a mailbox in UID order with their octets.</summary>
    public async Task<IReadOnlyList<StoredMail>> MailAsync(string mailbox)
    {
        var mail = new List<StoredMail>();
        await UseAsync(async services =>
        {
            AccountId account = (await services.GetRequiredService<Accounts>().GetAsync(Operator, Address, Cancel)).Value.Id;
            Mailbox box = (await services.GetRequiredService<Mailboxes>().FindAsync(Operator, account, mailbox, Cancel)).Value;
            Messages messages = services.GetRequiredService<Messages>();
            for (uint after = 0; after < box.UidNext - 1;)
            {
                IReadOnlyList<Message> page = (await messages.ReadAsync(
                    Operator, account, box.Id, UidSet.Of(after + 1, uint.MaxValue), MessageFields.Content, Cancel)).Value;
                foreach (Message message in page)
                {
                    await using MessageContent content = (await messages.OpenAsync(Operator, account, message, Cancel))!;
                    using var octets = new MemoryStream();
                    await content.OpenRead().CopyToAsync(octets, Cancel);
                    mail.Add(new StoredMail(octets.ToArray(), message.InternalDate, message.Flags & MessageFlags.System, KeywordsOf(box, message.Flags), message.Uidl));
                }

                after = page.Count == 0 ? uint.MaxValue : page[^1].Uid;
            }
        });
        return mail;
    }

    /// <summary>Writes the options as a configuration file and runs the program itself on it.</summary>
    public Task<(int ExitCode, string Output, string Error)> ProgramAsync(params string[] arguments) => ProgramWithAsync(Options, arguments);

    /// <summary>The same with other options.</summary>
    public async Task<(int ExitCode, string Output, string Error)> ProgramWithAsync(PosthornOptions options, params string[] arguments)
    {
        return await ProgramAsync(_folder.FullName, ["--config", await ConfigurationAsync(options), .. arguments], "");
    }

    /// <summary>The same on a terminal of its own; gives what a person sees there.</summary>
    public async Task<(int ExitCode, string Screen)> ProgramOnTerminalAsync(params string[] arguments)
    {
        string[] words = ["dotnet", typeof(MailServer).Assembly.Location, "--config", await ConfigurationAsync(Options), .. arguments];
        var start = new ProcessStartInfo("script") { RedirectStandardInput = true, RedirectStandardOutput = true, StandardOutputEncoding = Encoding.UTF8 };
        start.ArgumentList.Add("-qec");
        start.ArgumentList.Add("stty cols 120; " + string.Join(' ', words.Select(static word => $"'{word}'")));
        start.ArgumentList.Add("/dev/null");
        start.Environment["TERM"] = "xterm";
        using Process process = Process.Start(start)!;
        Task<string> screen = process.StandardOutput.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel);
        return (process.ExitCode, await screen);
    }

    private async Task<string> ConfigurationAsync(PosthornOptions options)
    {
        string configuration = PathOf("posthorn.json");
        await File.WriteAllTextAsync(configuration, System.Text.Json.JsonSerializer.Serialize(new { dataFolder = options.DataFolder, store = options.Store, bodies = options.Bodies }), Cancel);
        return configuration;
    }

    public static async Task<(int ExitCode, string Output, string Error)> ProgramAsync(string folder, IReadOnlyList<string> arguments, string input)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal) ? Environment.ProcessPath : "dotnet")
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        start.ArgumentList.Add(typeof(MailServer).Assembly.Location);
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(Cancel), error = process.StandardError.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel);
        return (process.ExitCode, await output, await error);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.StopAsync(CancellationToken.None);
            await _server.DisposeAsync();
        }

        TestDatabase.Drop(PathOf("data"));
        _folder.Delete(recursive: true);
    }

    private static string[] KeywordsOf(Mailbox box, MessageFlags flags) => [.. box.Keywords.Where((_, position) => flags.HasFlag(KeywordBits.Of(position))).Order(StringComparer.Ordinal)];

    private sealed class Recorded(List<WorkProgress> steps) : IProgress<WorkProgress>
    {
        public void Report(WorkProgress value)
        {
            lock (steps)
            {
                steps.Add(value);
            }
        }
    }
}

internal sealed record StoredMail(byte[] Octets, DateTimeOffset Received, MessageFlags Flags, IReadOnlyList<string> Keywords, string Uidl);
