using Microsoft.Extensions.DependencyInjection;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
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
    public async Task A_shared_note_on_the_server_is_told_to_everybody()
    {
        await using ServerFixture server = await ServerFixture.StartAsync();
        Assert.True((await server.Services.GetRequiredService<Accounts>().AddAsync(
            Actor.System("test"), "root@example.test", ServerFixture.Password, null, isAdministrator: true, TestContext.Current.CancellationToken)).IsOk);
        await DialogRunner.PlayAsync(server, "imaps", Path.Combine(Folder, "server-note.dialog"));
    }
}
