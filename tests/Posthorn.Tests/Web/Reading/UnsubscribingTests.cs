using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Posthorn.Core;
using Posthorn.Core.Bodies;
using Posthorn.Core.Messages;
using Posthorn.Standards.Dkim;
using Posthorn.Standards.Dns;
using Posthorn.Tests.Core;
using Posthorn.Web.Mail.Reading;

namespace Posthorn.Tests.Web.Reading;

/// <summary>A list is asked once, at the address that a signed message names, and for no other message.</summary>
public sealed class UnsubscribingTests
{
    private const string List = "List-Unsubscribe: <mailto:leave@example.net>, <https://lists.example.net/u?1>\r\n";
    private const string OneClick = "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n";
    private const string From = "From: news@example.net\r\nDate: Sat, 28 Nov 2026 12:00:00 +0000\r\nSubject: news\r\n";
    private const string Body = "This week\r\n";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true, List + OneClick, "", "https://lists.example.net/u?1")]
    [InlineData(false, List + OneClick, "", null)]
    // RFC 8058 §3.1: without the second field the address is one to look at, not one to post to.
    [InlineData(true, List, "", null)]
    // Somebody on the way adds their own address above what was signed.
    [InlineData(true, List + OneClick, "List-Unsubscribe: <https://evil.test/>\r\n", null)]
    [InlineData(true, "List-Unsubscribe: <http://lists.example.net/u?1>\r\n" + OneClick, "", null)]
    [InlineData(true, "List-Unsubscribe: <https://lists.example.net:8443/u?1>\r\n" + OneClick, "", null)]
    [InlineData(true, "List-Unsubscribe: <https://user:pw@lists.example.net/u?1>\r\n" + OneClick, "", null)]
    public async Task A_list_is_asked_at_the_address_that_was_signed(bool isSigned, string fields, string added, string? asked)
    {
        await using TestStore store = await TestStore.OpenAsync();
        using DkimKey key = DkimKey.GenerateEd25519("k");
        string header = fields + From;
        string signature = isSigned
            ? Encoding.ASCII.GetString(await new DkimSigner("example.net", [key], store.Time).SignAsync(
                Encoding.ASCII.GetBytes(header), new MemoryStream(Encoding.ASCII.GetBytes(Body)), Cancel))
            : "";
        MailboxId inbox = (await store.InboxAsync()).Id;
        await store.AppendAsync(inbox, added + signature + header + "\r\n" + Body);
        Message message = (await store.Get<Messages>().ReadAsync(store.Actor, store.Account, inbox, UidSet.Of(1), MessageFields.Content, Cancel)).Value[0];
        await using MessageContent content = (await store.Get<Messages>().OpenAsync(store.Actor, store.Account, message, Cancel))!;

        var posted = new List<string>();
        var unsubscribing = new Unsubscribing(
            ZoneTextResolver.Parse($"k._domainkey.example.net. TXT \"{key.PublicRecord}\"\n"), store.Time, NullLogger<Unsubscribing>.Instance)
        {
            Post = (address, _) =>
            {
                posted.Add(address.ToString());
                return Task.FromResult(true);
            },
        };
        Assert.Equal(asked is not null, await unsubscribing.AskAsync(content, Cancel));
        Assert.Equal(asked ?? "", string.Join(' ', posted));
    }
}
