using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;
using Posthorn.Configuration;
using Posthorn.Core;
using Posthorn.Core.Accounts;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Core.Search;
using Posthorn.Core.Undelete;
using Posthorn.ProtocolTests.Dialogs;
using Posthorn.ProtocolTests.Durability;
using Posthorn.ProtocolTests.History;
using Posthorn.Server.Tls;

namespace Posthorn.ProtocolTests;

/// <summary>Keys of the configuration reach what they are for.</summary>
public sealed class SettingsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("127.0.0.0/8", typeof(SignIn.Accepted))]
    [InlineData("192.0.2.0/24", typeof(SignIn.TryLater))]
    public async Task Failed_sign_ins_of_an_exempt_network_are_not_held_against_it(string network, Type outcome)
    {
        await using TestServer server = await TestServer.StartAsync(change: options => options with { SignIn = options.SignIn with { ExemptNetworks = [network] } });
        Credentials credentials = server.Services.GetRequiredService<Credentials>();
        for (int tries = 0; tries < 12; tries++)
        {
            await credentials.CheckPasswordAsync(TestServer.You, $"wrong {tries}", "imap", IPAddress.Loopback, Cancel);
        }

        Assert.IsType(outcome, await credentials.CheckPasswordAsync(TestServer.You, TestServer.Password, "imap", IPAddress.Loopback, Cancel));
    }

    [Fact]
    public async Task Connections_beyond_the_limit_are_told_so()
    {
        await using TestServer server = await TestServer.StartAsync(change: static options => options with { Limits = options.Limits with { MaxConnections = 2 } });
        await using LineTalk first = await LineTalk.ConnectAsync(server.Port("pop3s"), Cancel), second = await LineTalk.ConnectAsync(server.Port("pop3s"), Cancel);
        await using DialogClient third = await DialogClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, server.Port("pop3")), Cancel);
        Assert.StartsWith("-ERR ", await third.LineAsync(Cancel), StringComparison.Ordinal);
        Assert.StartsWith("+OK", await first.SayAsync("QUIT", Cancel), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_index_is_made_where_it_is_wanted(bool wanted)
    {
        await using TestServer server = await TestServer.StartAsync(change: options => options with { Search = new SearchOptions { Index = wanted } });
        Assert.Equal(wanted, server.Services.GetServices<IHostedService>().Any(static service => service is SearchIndexer));
    }

    [Fact]
    public async Task Certificate_files_are_watched()
    {
        await using TestServer server = await TestServer.StartAsync();
        Assert.Contains(server.Services.GetServices<IHostedService>(), static service => service is CertificateWatcher);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    public async Task Removed_messages_are_kept_for_the_days_that_are_set(int days, int kept)
    {
        await using TestServer server = await TestServer.StartAsync(change: options => options with { Undelete = new UndeleteOptions { Days = days } });
        await using (SmtpTalk talk = await SmtpTalk.ConnectAsync(server.Port("smtp"), Cancel))
        {
            Assert.True(await talk.SendAsync(TestServer.You, "gone", 100, Cancel));
        }

        AccountId you = (await server.Services.GetRequiredService<Accounts>().GetAsync(TestServer.Administrator, TestServer.You, Cancel)).Value.Id;
        MailboxId inbox = (await server.Services.GetRequiredService<Mailboxes>().FindAsync(TestServer.Administrator, you, Mailbox.Inbox, Cancel)).Value.Id;
        Assert.True((await server.Services.GetRequiredService<Messages>().DeleteAsync(TestServer.Administrator, you, inbox, UidSet.All, Cancel)).IsOk);
        Assert.Equal(kept, (await server.Services.GetRequiredService<Undelete>().ListAsync(TestServer.Administrator, you, new RemovedSelection(), Cancel)).Value.Count);
    }

    [Theory]
    [InlineData(true, ConsoleFormatterNames.Json)]
    [InlineData(false, ConsoleFormatterNames.Simple)]
    public async Task Log_lines_are_json_where_that_is_wanted(bool wanted, string formatter)
    {
        await using TestServer server = await TestServer.StartAsync(change: options => options with { Telemetry = options.Telemetry with { JsonLogs = wanted } });
        Assert.Equal(formatter, server.Services.GetRequiredService<IOptionsMonitor<ConsoleLoggerOptions>>().CurrentValue.FormatterName);
    }
}
