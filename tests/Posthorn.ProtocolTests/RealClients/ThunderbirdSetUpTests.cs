namespace Posthorn.ProtocolTests.RealClients;

/// <summary>Thunderbird finds everything by itself, from the address alone, and then sends and receives.</summary>
public sealed class ThunderbirdSetUpTests
{
    [Fact]
    public async Task A_new_account_is_found_from_its_address_then_sends_and_receives()
    {
        // The certificate of the test server names its host: here that is the domain itself, which Thunderbird asks.
        await using TestServer server = await TestServer.StartAsync(change: static options => options with { HostName = TestServer.Domain });
        string authority = Path.Combine(server.Folder, "data", "tls", "ca.pem");
        await using Thunderbird thunderbird = await Thunderbird.StartAsync([TestServer.Domain, "autoconfig." + TestServer.Domain, "autodiscover." + TestServer.Domain], server.WebAddress.Port, authority);
        Assert.Equal(
            $"xml, imap example.test {server.Port("imaps")} 3 %EMAILADDRESS%, smtp example.test {server.Port("submission")} 2 %EMAILADDRESS%",
            await thunderbird.FindAsync(TestServer.You));
        await thunderbird.SetUpAsync("You", TestServer.You, TestServer.Password);
        Assert.Equal(0, await thunderbird.SendAsync(TestServer.You, "to myself"));
        Assert.Equal(0, await thunderbird.SendAsync(TestServer.Friend, "to a friend"));
        Assert.Single(await server.MailWhenAsync(TestServer.Friend, 1), static message => message.Contains("Sent by Thunderbird.", StringComparison.Ordinal));
        await server.MailWhenAsync(TestServer.You, 1);
        Assert.Equal(["to myself"], await thunderbird.InboxAsync(1));
    }
}
