using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Administration;
using Posthorn.Configuration;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Hosting;

namespace Posthorn.Bench;

/// <summary>The whole program in this process on a store of its own, with one account and a thousand messages in its inbox.</summary>
internal sealed class BenchServer : IAsyncDisposable
{
    public const string User = "you@example.test";
    public const string Password = "correct horse";
    public const int Messages = 1_000;

    private static readonly Actor Operator = Actor.System("bench");

    private readonly MailServer _server;
    private readonly string _folder;

    private BenchServer(MailServer server, string folder) => (_server, _folder) = (server, folder);

    public int Port => _server.Ports.PortOf("imaps")!.Value;

    public static async Task<BenchServer> StartAsync()
    {
        string folder = Directory.CreateTempSubdirectory("posthorn-bench-").FullName;
        var server = MailServer.Build(new PosthornOptions
        {
            DataFolder = folder,
            HostName = "localhost",
            Listeners = new ListenerSet { Imaps = new ListenerOptions { Address = "127.0.0.1", Port = 0 } },
            // All clients come from one address.
            Limits = new LimitOptions { MaxConnectionsPerAddress = 1_000 },
            Telemetry = new TelemetryOptions { LogLevel = "Warning" },
        });
        await DomainOperations.AddAsync(server.Services, Operator, "example.test", CancellationToken.None);
        Account account = (await server.Services.GetRequiredService<Accounts>().AddAsync(Operator, User, Password, null, false, CancellationToken.None)).Value;
        await FillAsync(server.Services, account);
        await server.StartAsync(CancellationToken.None);
        return new BenchServer(server, folder);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync(CancellationToken.None);
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task FillAsync(IServiceProvider services, Account account)
    {
        Messages messages = services.GetRequiredService<Messages>();
        Mailbox inbox = (await services.GetRequiredService<Mailboxes>().FindAsync(Operator, account.Id, Mailbox.Inbox, CancellationToken.None)).Value;
        for (int number = 0; number < Messages; number++)
        {
            await using MessageWriter writer = messages.StartMessage();
            await writer.WriteAsync(Letter(number), CancellationToken.None);
            await using IncomingMessage message = await writer.CompleteAsync(CancellationToken.None);
            _ = (await messages.AppendAsync(Operator, account.Id, inbox.Id, [new NewMessage(message, MessageFlags.None, [], null)], CancellationToken.None)).Value;
        }
    }

    /// <summary>About four KiB.</summary>
    private static byte[] Letter(int number)
    {
        var text = new StringBuilder();
        text.Append(System.Globalization.CultureInfo.InvariantCulture, $"From: Writer <writer{number % 10}@example.net>\r\nTo: <{User}>\r\nSubject: letter {number}\r\n");
        text.Append(System.Globalization.CultureInfo.InvariantCulture, $"Date: Mon, 02 Mar 2026 09:30:00 +0000\r\nMessage-ID: <{number}@example.net>\r\n\r\n");
        while (text.Length < 4_096)
        {
            text.Append("The meeting moved to Thursday; please find attached our figures for March.\r\n");
        }

        return Encoding.ASCII.GetBytes(text.ToString());
    }
}
