using System.Text.Json;
using MailKit;
using MailKit.Net.Imap;
using MailKit.Security;
using Microsoft.Extensions.DependencyInjection;
using MimeKit;
using Posthorn.Administration;
using Posthorn.Core.Accounts;

namespace Posthorn.ProtocolTests.Imap;

/// <summary>Accounts for many, and mailboxes of others, by MailKit.</summary>
public sealed class SharedAccountTests
{
    private const string Info = "info@example.test";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_shared_account_is_below_Shared_for_everybody_and_each_has_seen_what_they_have_seen()
    {
        await using TestServer server = await TestServer.StartAsync();
        await AddSharedAsync(server);
        // The administrator may file there without being given anything.
        using ImapClient administrator = await ConnectAsync(server, TestServer.You);
        IMailFolder theirs = await administrator.GetFolderAsync($"Shared/{Info}/INBOX", Cancel);
        await theirs.AppendAsync(Message("one"), MessageFlags.Seen, Cancel);
        await theirs.AppendAsync(Message("two"), MessageFlags.Flagged, Cancel);
        Assert.Contains("Shared/", administrator.SharedNamespaces.Select(space => space.Path + space.DirectorySeparator));

        using ImapClient reader = await ConnectAsync(server, TestServer.Friend);
        IMailFolder inbox = await reader.GetFolderAsync($"Shared/{Info}/INBOX", Cancel);
        Assert.Equal("lrs", (await inbox.GetMyAccessRightsAsync(Cancel)).ToString());
        await inbox.OpenAsync(FolderAccess.ReadWrite, Cancel);
        Assert.Equal((2, MessageFlags.Seen), (inbox.Count, inbox.PermanentFlags));
        await inbox.AddFlagsAsync(1, MessageFlags.Seen, silent: false, Cancel);
        IList<IMessageSummary> seen = await inbox.FetchAsync(0, -1, MessageSummaryItems.Flags, Cancel);
        Assert.Equal([MessageFlags.None, MessageFlags.Flagged | MessageFlags.Seen], seen.Select(summary => summary.Flags!.Value));

        await theirs.OpenAsync(FolderAccess.ReadWrite, Cancel);
        IList<IMessageSummary> own = await theirs.FetchAsync(0, -1, MessageSummaryItems.Flags, Cancel);
        Assert.Equal([MessageFlags.Seen, MessageFlags.Flagged], own.Select(summary => summary.Flags!.Value));
    }

    [Fact]
    public async Task A_guest_resumes_by_modseq_and_hears_of_what_it_has_seen_elsewhere()
    {
        await using TestServer server = await TestServer.StartAsync();
        await AddSharedAsync(server);
        using ImapClient administrator = await ConnectAsync(server, TestServer.You);
        IMailFolder theirs = await administrator.GetFolderAsync($"Shared/{Info}/INBOX", Cancel);
        await theirs.AppendAsync(Message("one"), MessageFlags.None, Cancel);
        await theirs.AppendAsync(Message("two"), MessageFlags.None, Cancel);
        using ImapClient first = await ConnectAsync(server, TestServer.Friend), second = await ConnectAsync(server, TestServer.Friend);
        IMailFolder here = await first.GetFolderAsync($"Shared/{Info}/INBOX", Cancel), there = await second.GetFolderAsync($"Shared/{Info}/INBOX", Cancel);
        await here.OpenAsync(FolderAccess.ReadWrite, Cancel);
        ulong known = here.HighestModSeq;
        await here.CloseAsync(expunge: false, Cancel);
        await there.OpenAsync(FolderAccess.ReadWrite, Cancel);
        await there.AddFlagsAsync(1, MessageFlags.Seen, silent: true, Cancel);
        await here.OpenAsync(FolderAccess.ReadWrite, Cancel);
        Assert.True(here.HighestModSeq > known);
        IList<IMessageSummary> changed = await here.FetchAsync(0, -1, known, MessageSummaryItems.Flags | MessageSummaryItems.UniqueId, Cancel);
        Assert.Equal((2u, MessageFlags.Seen), Assert.Single(changed.Select(summary => (summary.UniqueId.Id, summary.Flags!.Value))));

        // The administrator hears of nothing: it was not theirs.
        await theirs.OpenAsync(FolderAccess.ReadWrite, Cancel);
        Assert.Empty(await theirs.FetchAsync(0, -1, known, MessageSummaryItems.Flags, Cancel));
    }

    [Fact]
    public async Task Who_gets_the_address_of_a_removed_account_gets_no_rights_with_it()
    {
        await using TestServer server = await TestServer.StartAsync();
        using (ImapClient owner = await ConnectAsync(server, TestServer.You))
        {
            await owner.Inbox.AddAccessRightsAsync(TestServer.Friend, new AccessRights("lr"), Cancel);
        }

        var accounts = server.Services.GetRequiredService<Accounts>();
        Assert.True((await accounts.RemoveAsync(TestServer.Administrator, TestServer.Friend, Cancel)).IsOk);
        Assert.True((await accounts.AddAsync(TestServer.Administrator, TestServer.Friend, TestServer.Password, null, isAdministrator: false, Cancel)).IsOk);
        using ImapClient other = await ConnectAsync(server, TestServer.Friend);
        await Assert.ThrowsAsync<FolderNotFoundException>(() => other.GetFolderAsync($"Other Users/{TestServer.You}/INBOX", Cancel));
    }

    private static async Task AddSharedAsync(TestServer server)
    {
        var context = new OperationContext(server.Services, TestServer.Administrator, new Progress<WorkProgress>());
        JsonElement request = JsonSerializer.SerializeToElement(new AccountAddRequest(Info, TestServer.Password, Shared: true), ControlJson.Options);
        Assert.Null((await AccountOperations.Add.RunAsync(context, request, Cancel)).Refusal);
    }

    private static async Task<ImapClient> ConnectAsync(TestServer server, string user)
    {
        var client = new ImapClient { ServerCertificateValidationCallback = static (_, certificate, _, _) => certificate?.Subject == "CN=mx.example.test" };
        await client.ConnectAsync("localhost", server.Port("imaps"), SecureSocketOptions.SslOnConnect, Cancel);
        await client.AuthenticateAsync(user, TestServer.Password, Cancel);
        return client;
    }

    private static MimeMessage Message(string subject)
    {
        var message = new MimeMessage { Subject = subject, Body = new TextPart("plain") { Text = "Text" } };
        message.From.Add(MailboxAddress.Parse(TestServer.You));
        return message;
    }
}
