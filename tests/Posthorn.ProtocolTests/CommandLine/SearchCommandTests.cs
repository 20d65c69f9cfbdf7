using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Administration;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Stores;

namespace Posthorn.ProtocolTests.CommandLine;

public sealed class SearchCommandTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_index_is_made_anew_and_says_how_far_it_is(bool withServer)
    {
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer);
        await AddAsync(store, 120);
        SearchRebuilt built = await store.RunAsync(SearchOperations.Rebuild, new SearchIndexRequest(AdministeredStore.Address));
        Assert.Equal(new SearchRebuilt(1, 120), built);
        Assert.Contains(store.Progress, static step => step is { Done: > 0 and <= 120, Total: 120 });
        SearchIndexInfo status = Assert.Single(await store.RunAsync(SearchOperations.Status, new SearchIndexRequest()));
        Assert.Equal((AdministeredStore.Address, 120, 0), (status.Account, status.Messages, status.Missing));
        Assert.Empty((await store.RunAsync(MaintenanceOperations.Check, new CheckRequest())).Findings);
        Assert.Contains("There is no", await store.RefusalAsync(SearchOperations.Rebuild, new SearchIndexRequest("nobody@example.test")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Check_finds_a_damaged_index_and_repair_drops_it(bool withServer)
    {
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer);
        await AddAsync(store, 3);
        await store.RunAsync(SearchOperations.Rebuild, new SearchIndexRequest());
        string file = Assert.Single(Directory.GetFiles(Path.Combine(store.Options.DataFolder, "search"), "*.segment", SearchOption.AllDirectories));
        byte[] octets = await File.ReadAllBytesAsync(file, Cancel);
        octets[^5] ^= 0xFF;
        await File.WriteAllBytesAsync(file, octets, Cancel);
        CheckFinding found = Assert.Single((await store.RunAsync(MaintenanceOperations.Check, new CheckRequest())).Findings);
        Assert.Equal(("search", false), (found.What, found.Repaired));
        Assert.Equal(0, (await store.RunAsync(MaintenanceOperations.Check, new CheckRequest(Repair: true))).Unrepaired);
        Assert.Empty((await store.RunAsync(MaintenanceOperations.Check, new CheckRequest())).Findings);
    }

    [Fact]
    public async Task Mail_is_found_by_a_query()
    {
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer: false);
        await AddAsync(store, 60);
        FoundMessages found = await store.RunAsync(SearchOperations.Find, new SearchFindRequest(AdministeredStore.Address, "from:anna subject:number17 before:never", 50));
        FoundMessageInfo message = Assert.Single(found.Messages);
        Assert.Equal(("INBOX", 18u, "Anna", "number17"), (message.Mailbox, message.Uid, message.From, message.Subject));
        Assert.Single(found.Objections);
        Assert.True((await store.RunAsync(SearchOperations.Find, new SearchFindRequest(AdministeredStore.Address, "shared", 50))).More);
    }

    [Fact]
    public async Task The_program_prints_what_it_found()
    {
        Assert.SkipWhen(TestDatabase.IsPostgres, "the same code, and a process costs seconds");
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer: false);
        await AddAsync(store, 3);
        (int exit, string output, _) = await store.ProgramAsync("search", "rebuild");
        Assert.Equal((0, "3 messages of one account are indexed."), (exit, output.Trim().Split('\n')[^1].Trim()));
        (exit, output, _) = await store.ProgramAsync("search", "find", AdministeredStore.Address, "subject:number1", "shared");
        Assert.Equal(0, exit);
        Assert.Contains("number1", output, StringComparison.Ordinal);
        Assert.DoesNotContain("number2", output, StringComparison.Ordinal);
    }

    private static Task AddAsync(AdministeredStore store, int count) => store.UseAsync(async services =>
    {
        Account account = (await services.GetRequiredService<Accounts>().GetAsync(AdministeredStore.Operator, AdministeredStore.Address, Cancel)).Value;
        Mailbox inbox = (await services.GetRequiredService<Mailboxes>().FindAsync(AdministeredStore.Operator, account.Id, Mailbox.Inbox, Cancel)).Value;
        Messages messages = services.GetRequiredService<Messages>();
        for (int i = 0; i < count; i++)
        {
            await using MessageWriter writer = messages.StartMessage();
            await writer.WriteAsync(Encoding.ASCII.GetBytes($"From: Anna <anna@example.test>\r\nSubject: number{i}\r\n\r\nshared words\r\n"), Cancel);
            await using IncomingMessage content = await writer.CompleteAsync(Cancel);
            Assert.True((await messages.AppendAsync(AdministeredStore.Operator, account.Id, inbox.Id, [new NewMessage(content, MessageFlags.None, [], null)], Cancel)).IsOk);
        }
    });
}
