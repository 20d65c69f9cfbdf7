using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Maintenance;
using Posthorn.Core.Messages;
using Posthorn.Core.Storage;
using Posthorn.Stores;

namespace Posthorn.ProtocolTests.Durability;

/// <summary>Opens the data folder of a server that is gone and says what it holds.</summary>
internal static partial class StoreReading
{
    private static readonly Actor Actor = Actor.System("test");

    /// <summary>Subjects of the messages in the inbox, octets read and all; and what the store's own check finds.</summary>
    public static Task<(IReadOnlyList<string> Subjects, IReadOnlyList<StoreFinding> Findings)> ReadAsync(string dataFolder, string user, CancellationToken cancel) =>
        ReadAsync(dataFolder, user, Mailbox.Inbox, cancel);

    /// <summary>The same of another mailbox.</summary>
    public static async Task<(IReadOnlyList<string> Subjects, IReadOnlyList<StoreFinding> Findings)> ReadAsync(
        string dataFolder, string user, string mailbox, CancellationToken cancel)
    {
        await using ServiceProvider services = new ServiceCollection()
            .AddSingleton(TimeProvider.System)
            .AddSingleton(typeof(ILogger<>), typeof(NullLogger<>))
            .AddPosthornCore(new StoreOptions { DataFolder = dataFolder, Database = TestDatabase.For(dataFolder), Bodies = TestDatabase.BodiesFor(dataFolder) })
            .BuildServiceProvider();
        Account account = (await services.GetRequiredService<Accounts>().GetAsync(Actor, user, cancel)).Value;
        Messages messages = services.GetRequiredService<Messages>();
        Mailbox inbox = (await services.GetRequiredService<Mailboxes>().FindAsync(Actor, account.Id, mailbox, cancel)).Value;
        var subjects = new List<string>();
        uint after = 0;
        while (true)
        {
            IReadOnlyList<Message> page = (await messages.ReadAsync(
                Actor, account.Id, inbox.Id, UidSet.Of(after + 1, uint.MaxValue), MessageFields.Content, cancel)).Value;
            foreach (Message message in page)
            {
                after = message.Uid;
                await using MessageContent content = await messages.OpenAsync(Actor, account.Id, message, cancel)
                    ?? throw new InvalidDataException($"The octets of UID {message.Uid} are missing.");
                using var reader = new StreamReader(content.OpenRead());
                subjects.Add(Subject().Match(await reader.ReadToEndAsync(cancel)).Groups["id"].Value);
            }

            if (page.Count < Messages.ReadAtMost)
            {
                break;
            }
        }

        return (subjects, (await services.GetRequiredService<StoreCheck>().RunAsync(Actor, false, new Progress<long>(), cancel)).Value);
    }

    [GeneratedRegex(@"^Subject: (?<id>\S+)\r?$", RegexOptions.Multiline)]
    private static partial Regex Subject();
}
