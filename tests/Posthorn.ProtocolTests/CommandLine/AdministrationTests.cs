using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Administration;
using Posthorn.Core;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies;
using Posthorn.Core.Delivery;
using Posthorn.Core.Messages;
using Posthorn.Core.Queue;
using Posthorn.Standards.Smtp;

namespace Posthorn.ProtocolTests.CommandLine;

/// <summary>Accounts, domains, aliases and the queue, each through a running server's control socket and without a server.</summary>
public sealed class AdministrationTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Queued_mail_is_listed_shown_tried_again_and_dropped(bool withServer)
    {
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer);
        await store.UseAsync(async services =>
        {
            await QueueAsync(services, "bob@far.invalid");
            await QueueAsync(services, "carol@far.invalid", "dave@far.invalid");
        });

        IReadOnlyList<QueueInfo> listed = await store.RunAsync(QueueOperations.List, new QueueRequest());
        Assert.Equal([1, 2], listed.Select(entry => entry.Recipients.Count).Order());
        QueueInfo two = listed.Single(entry => entry.Recipients.Count == 2);
        QueueInfo shown = await store.RunAsync(QueueOperations.Show, new QueueRequest(two.Id));
        Assert.Equal((AdministeredStore.Address, 0), (shown.Sender, shown.Recipients[0].Attempts));
        Assert.Equal(["carol@far.invalid", "dave@far.invalid"], shown.Recipients.Select(recipient => recipient.Address).Order(StringComparer.Ordinal));
        await store.RunAsync(QueueOperations.Drop, new QueueRequest(two.Id));
        Assert.Equal(listed.Single(entry => entry.Id != two.Id).Id, Assert.Single(await store.RunAsync(QueueOperations.List, new QueueRequest())).Id);
        Assert.Equal($"There is no message {two.Id} in the queue.", await store.RefusalAsync(QueueOperations.Show, new QueueRequest(two.Id)));
        Assert.Equal($"There is no message {two.Id} in the queue.", await store.RefusalAsync(QueueOperations.Drop, new QueueRequest(two.Id)));

        // What its sender holds back is not to leave earlier; what was put off by the other side may be tried at once.
        long one = listed.Single(entry => entry.Id != two.Id).Id;
        Assert.Equal(0, (await store.RunAsync(QueueOperations.Retry, new QueueRequest())).Recipients);
        Assert.Equal($"Message {one} waits for the time that its sender chose. It does not leave before.", await store.RefusalAsync(QueueOperations.Retry, new QueueRequest(one)));
        await store.UseAsync(async services =>
        {
            MailQueue queue = services.GetRequiredService<MailQueue>();
            QueueRecipientId bob = (await queue.ListAsync(AdministeredStore.Operator, Cancel)).Value.Single().Recipients.Single().Id;
            await queue.ReportAsync(
                new EnvelopeId(one), [new QueueOutcome.Deferred(bob, TimeProvider.System.GetUtcNow() + TimeSpan.FromHours(2), "451 4.3.0 later", false)], null, null, Cancel);
        });
        Assert.Equal(1, (await store.RunAsync(QueueOperations.Retry, new QueueRequest())).Recipients);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Room_is_shown_as_on_the_page_the_largest_account_first(bool withServer)
    {
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer);
        await store.UseAsync(async services =>
        {
            Assert.True((await services.GetRequiredService<Accounts>().AddAsync(AdministeredStore.Operator, "zoe@example.test", "secret-password", null, false, Cancel)).IsOk);
            await DeliverAsync(services, "zoe@example.test");
        });
        StorageInfo room = await store.RunAsync(StorageOperations.Show, new StorageRequest());
        Assert.Equal(["zoe@example.test", AdministeredStore.Address], room.Accounts.Select(static account => account.Address));
        Assert.Equal((1L, 0L), (room.Accounts[0].Messages, room.Accounts[1].Messages));
        Assert.True(room is { DatabaseBytes: > 0, FreeBytes: > 0, Small.Count: > 0, Large.Count: 0, AllAccounts: 2 }, room.ToString());
        room = await store.RunAsync(StorageOperations.Show, new StorageRequest(Top: 1));
        Assert.Equal((1, 2), (room.Accounts.Count, room.AllAccounts));
        Assert.Contains("0 or more", await store.RefusalAsync(StorageOperations.Show, new StorageRequest(Top: -1)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_program_shows_room_in_words_and_as_json()
    {
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer: false);
        (int status, string output, string error) = await store.ProgramAsync("storage");
        Assert.True(status == 0, error);
        Assert.Contains("Free on the disk", output, StringComparison.Ordinal);
        Assert.Contains(AdministeredStore.Address, output, StringComparison.Ordinal);
        (status, output, error) = await store.ProgramAsync("storage", "--json");
        Assert.True(status == 0, error);
        using JsonDocument room = JsonDocument.Parse(output);
        Assert.True(room.RootElement.GetProperty("databaseBytes").GetInt64() > 0);
        (status, output, _) = await store.ProgramAsync("storage", "--help");
        Assert.Equal(0, status);
        Assert.Contains("--top", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_became_of_mail_is_listed_with_the_reason(bool withServer)
    {
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer);
        await store.UseAsync(async services =>
        {
            var log = services.GetRequiredService<DeliveryLog>();
            log.Add(DeliveryResult.Refused, "", "nobody@example.test", "192.0.2.1", "550 5.1.1 no such user");
            log.Add(DeliveryResult.Delivered, "ann@example.org", AdministeredStore.Address, "", "");
            await log.FlushAsync(Cancel);
        });
        DeliveryInfo refused = Assert.Single(await store.RunAsync(DeliveryOperations.List, new DeliveriesRequest(TroubleOnly: true)));
        Assert.Equal(
            ("refused", "<>", "nobody@example.test", "192.0.2.1", "550 5.1.1 no such user"), (refused.Outcome, refused.Sender, refused.Recipient, refused.Host, refused.Reason));
        Assert.Equal("delivered", Assert.Single(await store.RunAsync(DeliveryOperations.List, new DeliveriesRequest("ANN@"))).Outcome);
        Assert.Equal(2, (await store.RunAsync(DeliveryOperations.List, new DeliveriesRequest())).Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Quotas_of_an_account_are_set_and_taken_away(bool withServer)
    {
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer);
        AccountInfo limited = await store.RunAsync(AccountOperations.Quota, new AccountQuotaRequest(AdministeredStore.Address, 5_000_000, 100, KeepsMessages: false));
        Assert.Equal((5_000_000L, 100L), (limited.QuotaBytes, limited.QuotaMessages));
        await store.RunAsync(AccountOperations.Quota, new AccountQuotaRequest(AdministeredStore.Address, null));
        AccountInfo shown = await store.RunAsync(AccountOperations.Show, new AccountRequest(AdministeredStore.Address));
        Assert.Equal((null, 100L), (shown.QuotaBytes, shown.QuotaMessages));
        Assert.Contains("0 or more", await store.RefusalAsync(AccountOperations.Quota, new AccountQuotaRequest(AdministeredStore.Address, -1)), StringComparison.Ordinal);
        Assert.Contains("nobody", await store.RefusalAsync(AccountOperations.Quota, new AccountQuotaRequest("nobody@example.test", 1)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Each_record_of_a_domain_is_looked_up(bool withServer)
    {
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer);
        IReadOnlyList<DomainRecordInfo> records = await store.RunAsync(DomainOperations.Check, new DomainRequest("Example.Test"));
        Assert.Equal(("right", "example.test", "MX"), (records[0].State, records[0].Name, records[0].Type));
        Assert.Equal(("different", "v=spf1 mx -all", "v=spf1 -all"), (records[1].State, records[1].Value, records[1].Found));
        Assert.Equal(("missing", "_dmarc.example.test"), (records[2].State, records[2].Name));
        Assert.Contains("elsewhere.test", await store.RefusalAsync(DomainOperations.Check, new DomainRequest("elsewhere.test")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_says_whether_it_can_take_mail_and_what_waits()
    {
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer: true);
        await store.UseAsync(static services => QueueAsync(services, "bob@far.invalid"));
        ServerStatus status = await store.RunAsync(StatusOperations.Show, new StatusRequest());
        Assert.Null(status.Trouble);
        Assert.True(status is { FreeBytes: > 0, Waiting: 1, Oldest: not null }, status.ToString());
    }

    [Fact]
    public async Task The_program_lists_shows_and_drops_and_wants_to_be_sure()
    {
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer: false);
        await store.UseAsync(services => QueueAsync(services, "bob@far.invalid"));
        (int status, string output, string error) = await store.ProgramAsync("queue", "list", "--json");
        Assert.True(status == 0, error);
        using JsonDocument entries = JsonDocument.Parse(output);
        string id = entries.RootElement[0].GetProperty("id").GetInt64().ToString(CultureInfo.InvariantCulture);
        (status, output, _) = await store.ProgramAsync("queue", "show", id);
        Assert.Equal(0, status);
        Assert.Contains("bob@far.invalid", output, StringComparison.Ordinal);
        (status, _, error) = await store.ProgramAsync("queue", "drop", id);
        Assert.Equal(1, status);
        Assert.Contains("add --yes", error, StringComparison.Ordinal);
        (status, _, _) = await store.ProgramAsync("queue", "drop", id, "--yes");
        Assert.Equal(0, status);
        (status, _, error) = await store.ProgramAsync("queue", "show", id);
        Assert.Equal(1, status);
        Assert.Equal($"posthorn: There is no message {id} in the queue.", error.TrimEnd());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Aliases_are_added_listed_and_removed_and_lead_where_they_say(bool withServer)
    {
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer);
        await store.RunAsync(AccountOperations.Add, new AccountAddRequest("bob@example.test", "secret-password"));
        await store.RunAsync(AliasOperations.Add, new AliasAddRequest("Sales@Example.test", [AdministeredStore.Address]));
        await store.RunAsync(AliasOperations.Add, new AliasAddRequest("all@example.test", [AdministeredStore.Address, "bob@example.test", "partner@far.invalid"]));
        await store.RunAsync(AliasOperations.Add, new AliasAddRequest("@example.test", ["bob@example.test"]));
        Assert.Equal(
            ["@example.test", "all@example.test", "sales@example.test"],
            (await store.RunAsync(AliasOperations.List, new AliasRequest())).Select(alias => alias.Address).Order(StringComparer.Ordinal));

        await LeadsAsync(store, "sales@example.test", [AdministeredStore.Address], []);
        await LeadsAsync(store, "sales+autumn@example.test", [AdministeredStore.Address], []);
        await LeadsAsync(store, "ALL@example.test", [AdministeredStore.Address, "bob@example.test"], ["partner@far.invalid"]);
        await LeadsAsync(store, "alice+shop@example.test", [AdministeredStore.Address], []);
        await LeadsAsync(store, "whoever@example.test", ["bob@example.test"], []);

        Assert.Contains("exists already", await store.RefusalAsync(AliasOperations.Add, new AliasAddRequest("sales@example.test", ["bob@example.test"])), StringComparison.Ordinal);
        Assert.Contains("There is no domain far.invalid", await store.RefusalAsync(AliasOperations.Add, new AliasAddRequest("a@far.invalid", ["bob@example.test"])), StringComparison.Ordinal);
        Assert.Contains("is not an address", await store.RefusalAsync(AliasOperations.Add, new AliasAddRequest("sales", ["bob@example.test"])), StringComparison.Ordinal);
        Assert.Contains("1 to 1000 full addresses", await store.RefusalAsync(AliasOperations.Add, new AliasAddRequest("new@example.test", ["bob"])), StringComparison.Ordinal);
        await store.RunAsync(AliasOperations.Remove, new AliasRequest("SALES@example.test"));
        await LeadsAsync(store, "sales@example.test", ["bob@example.test"], []);
        Assert.Contains("There is no alias", await store.RefusalAsync(AliasOperations.Remove, new AliasRequest("sales@example.test")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Accounts_and_domains_are_added_listed_changed_and_removed(bool withServer)
    {
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer);
        await store.RunAsync(DomainOperations.Add, new DomainRequest("example.org"));
        Assert.Equal(["example.org", "example.test"], (await store.RunAsync(DomainOperations.List, new DomainRequest())).Select(domain => domain.Name).Order(StringComparer.Ordinal));
        await store.RunAsync(AccountOperations.Add, new AccountAddRequest("bob@example.org", "secret-password", "Bob", Administrator: true, Quota: 5_000));
        AccountInfo bob = await store.RunAsync(AccountOperations.Show, new AccountRequest("BOB@example.org"));
        Assert.Equal(("bob@example.org", "Bob", true, false, 5_000L), (bob.Address, bob.Name, bob.Administrator, bob.Disabled, bob.QuotaBytes));
        await store.RunAsync(AccountOperations.Name, new AccountNameRequest("bob@example.org", "Bob Hill"));
        Assert.Equal("Bob Hill", (await store.RunAsync(AccountOperations.Show, new AccountRequest("bob@example.org"))).Name);
        Assert.Contains("all of them visible", await store.RefusalAsync(AccountOperations.Name, new AccountNameRequest("bob@example.org", "a\nb")), StringComparison.Ordinal);
        await store.RunAsync(AccountOperations.Disable, new AccountRequest("bob@example.org"));
        Assert.True((await store.RunAsync(AccountOperations.Show, new AccountRequest("bob@example.org"))).Disabled);
        await store.RunAsync(AccountOperations.Enable, new AccountRequest("bob@example.org"));
        await store.RunAsync(AccountOperations.Password, new AccountPasswordRequest("bob@example.org", "another-password"));
        await store.UseAsync(async services =>
        {
            var credentials = services.GetRequiredService<Credentials>();
            Assert.IsType<SignIn.Wrong>(await credentials.CheckPasswordAsync("bob@example.org", "secret-password", "imap", null, Cancel));
            Assert.IsType<SignIn.Accepted>(await credentials.CheckPasswordAsync("bob@example.org", "another-password", "imap", null, Cancel));
        });
        Assert.Equal(2, (await store.RunAsync(AccountOperations.List, new AccountListRequest())).Count);
        Assert.Contains("still has 1 accounts", await store.RefusalAsync(DomainOperations.Remove, new DomainRequest("example.org")), StringComparison.Ordinal);
        await store.RunAsync(AccountOperations.Remove, new AccountRequest("bob@example.org"));
        Assert.Contains("There is no account", await store.RefusalAsync(AccountOperations.Show, new AccountRequest("bob@example.org")), StringComparison.Ordinal);
        await store.RunAsync(DomainOperations.Remove, new DomainRequest("example.org"));
        Assert.Contains("There is no domain", await store.RefusalAsync(AccountOperations.Add, new AccountAddRequest("bob@example.org", "secret-password")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_account_with_a_quota_that_cannot_be_is_not_added(bool withServer)
    {
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer);
        Assert.Equal(
            "A quota is 0 or more.", await store.RefusalAsync(AccountOperations.Add, new AccountAddRequest("bob@example.test", "secret-password", Quota: -1, Shared: true)));
        Assert.Contains("There is no account", await store.RefusalAsync(AccountOperations.Show, new AccountRequest("bob@example.test")), StringComparison.Ordinal);
        Assert.Equal(0, (await store.RunAsync(AccountOperations.Add, new AccountAddRequest("bob@example.test", "secret-password", Quota: 0, Shared: true))).QuotaBytes);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_domain_with_other_letters_is_the_one_that_addresses_name(bool withServer)
    {
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer);
        Assert.Equal("xn--bcher-kva.example", (await store.RunAsync(DomainOperations.Add, new DomainRequest("Bücher.example"))).Name);
        Assert.Contains("exists", await store.RefusalAsync(DomainOperations.Add, new DomainRequest("xn--bcher-kva.example")), StringComparison.Ordinal);
        Assert.Equal("u@xn--bcher-kva.example", (await store.RunAsync(AccountOperations.Add, new AccountAddRequest("u@bücher.example", "secret-password"))).Address);
        Assert.Equal("xn--bcher-kva.example", (await store.RunAsync(DomainOperations.Dns, new DomainRequest("bücher.example"))).Name);
        Assert.Equal(1_000, (await store.RunAsync(DomainOperations.Quota, new DomainQuotaRequest("bücher.example", 1_000))).QuotaBytes);
        Assert.Contains("still has 1 accounts", await store.RefusalAsync(DomainOperations.Remove, new DomainRequest("bücher.example")), StringComparison.Ordinal);
        await store.RunAsync(AccountOperations.Remove, new AccountRequest("u@xn--bcher-kva.example"));
        await store.RunAsync(DomainOperations.Remove, new DomainRequest("bücher.example"));
        Assert.Contains("is not a domain name", await store.RefusalAsync(DomainOperations.Add, new DomainRequest("[192.0.2.1]")), StringComparison.Ordinal);
    }

    private static Task LeadsAsync(AdministeredStore store, string address, string[] accounts, string[] elsewhere) => store.UseAsync(async services =>
    {
        var local = Assert.IsType<Recipient.Local>(await services.GetRequiredService<Recipients>().ResolveAsync(EmailAddress.Parse(address), Cancel));
        Assert.Equal(accounts, local.Accounts.Select(account => account.Address).Order(StringComparer.Ordinal));
        Assert.Equal(elsewhere, local.Elsewhere);
    });

    private static async Task QueueAsync(IServiceProvider services, params string[] recipients)
    {
        await using MessageWriter writer = services.GetRequiredService<Messages>().StartMessage();
        await writer.WriteAsync(Encoding.ASCII.GetBytes("Subject: far\r\n\r\nHello\r\n"), Cancel);
        await using IncomingMessage message = await writer.CompleteAsync(Cancel);
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        // Held, so that a running server does not try it before the test has looked.
        var envelope = new Envelope(
            AdministeredStore.Address, [.. recipients.Select(address => new EnvelopeRecipient(address, new Recipient.Foreign(), DsnNotify.Never, null))], [], now)
        {
            HoldUntil = now + TimeSpan.FromHours(2),
        };
        Assert.NotNull(await services.GetRequiredService<Deliveries>().AcceptAsync(envelope, message, Cancel));
    }

    private static async Task DeliverAsync(IServiceProvider services, string address)
    {
        await using MessageWriter writer = services.GetRequiredService<Messages>().StartMessage();
        await writer.WriteAsync(Encoding.ASCII.GetBytes("Subject: near\r\n\r\nHello\r\n"), Cancel);
        await using IncomingMessage message = await writer.CompleteAsync(Cancel);
        Recipient local = await services.GetRequiredService<Recipients>().ResolveAsync(EmailAddress.Parse(address), Cancel);
        var envelope = new Envelope("ann@example.org", [new EnvelopeRecipient(address, local, DsnNotify.Never, null)], [], TimeProvider.System.GetUtcNow());
        // Nothing of it goes into the queue.
        Assert.Null(await services.GetRequiredService<Deliveries>().AcceptAsync(envelope, message, Cancel));
    }
}
