using Microsoft.Extensions.DependencyInjection;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Changes;
using Posthorn.Core.Mailboxes;
using Posthorn.ProtocolTests.Dialogs;
using Posthorn.Server.Imap;

namespace Posthorn.ProtocolTests.Imap.Notify;

/// <summary>NOTIFY where an account has more mailboxes than a session may watch, and between accounts.</summary>
public sealed class NotifyLimitTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Imap", "Notify");

    [Fact]
    public async Task More_than_may_be_watched_is_said()
    {
        await using ServerFixture server = await ServerFixture.StartAsync(
            static services => services.AddSingleton(new ImapLimits { MaxWatchedMailboxes = 7 }));
        await DialogRunner.PlayAsync(server, "imaps", Path.Combine(Folder, "overflow.dialog"));
    }

    [Fact]
    public async Task A_mailbox_of_another_account_is_told_of_beside_ones_own()
    {
        await using ServerFixture server = await ServerFixture.StartAsync();
        await DialogRunner.PlayAsync(server, "imaps", Path.Combine(Folder, "others.dialog"));
    }

    [Fact]
    public async Task A_mailbox_that_could_not_be_opened_is_not_waited_for()
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        await using ServerFixture server = await ServerFixture.StartAsync();
        var system = Actor.System("test");
        AccountId alice = (await server.Services.GetRequiredService<Accounts>().GetAsync(system, "alice@example.test", cancel)).Value.Id;
        MailboxId sent = (await server.Services.GetRequiredService<Mailboxes>().FindAsync(system, alice, "Sent", cancel)).Value.Id;
        Assert.True(RightSet.TryParse("l", out RightSet rights));
        Assert.True((await server.Services.GetRequiredService<Grants>().SetAsync(system, alice, sent, "bob@example.test", GrantChange.Replace, rights, cancel)).IsOk);
        await using var dialog = new DialogRunner(server, "imaps");
        await dialog.RunAsync(Path.Combine(Folder, "refused.dialog"));
        Assert.DoesNotContain(alice, server.Services.GetRequiredService<ChangeFeed>().Accounts);
    }

    [Fact]
    public async Task A_shared_note_on_the_server_is_told_to_everybody()
    {
        await using ServerFixture server = await ServerFixture.StartAsync();
        Assert.True((await server.Services.GetRequiredService<Accounts>().AddAsync(
            Actor.System("test"), "root@example.test", ServerFixture.Password, null, isAdministrator: true, TestContext.Current.CancellationToken)).IsOk);
        await DialogRunner.PlayAsync(server, "imaps", Path.Combine(Folder, "server-note.dialog"));
    }
}
