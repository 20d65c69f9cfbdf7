using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies;
using Posthorn.Core.Delivery;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;

namespace Posthorn.ProtocolTests.Web;

/// <summary>Mail that lies in the inbox of <see cref="TestServer.You"/> before a page is opened.</summary>
internal static class MailFixture
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>As mail from elsewhere comes: with lines of this server before it.</summary>
    public static async Task DeliverAsync(TestServer server, string octets, string trace = "")
    {
        Account account = (await server.Services.GetRequiredService<Accounts>().GetAsync(TestServer.Administrator, TestServer.You, Cancel)).Value;
        await using MessageWriter writer = server.Services.GetRequiredService<Messages>().StartMessage();
        await writer.WriteAsync(Encoding.UTF8.GetBytes(octets.ReplaceLineEndings("\r\n")), Cancel);
        await using IncomingMessage content = await writer.CompleteAsync(Cancel);
        var envelope = new Envelope("news@example.net", [new EnvelopeRecipient(TestServer.You, new Recipient.Local([account], []), DsnNotify.Default, null)], Encoding.ASCII.GetBytes(trace), DateTimeOffset.UtcNow);
        await server.Services.GetRequiredService<Deliveries>().AcceptAsync(envelope, content, Cancel);
    }

    /// <summary>Address of the first message of the inbox.</summary>
    public static async Task<string> FirstAsync(WebClient client) => (await client.GetAsync("/mail")).Location + "/1";

    /// <summary>Flags of the inbox's messages.</summary>
    public static async Task<IReadOnlyList<MessageFlags>> FlagsAsync(TestServer server)
    {
        Account account = (await server.Services.GetRequiredService<Accounts>().GetAsync(TestServer.Administrator, TestServer.You, Cancel)).Value;
        var mailboxes = server.Services.GetRequiredService<Mailboxes>();
        Mailbox inbox = (await mailboxes.FindAsync(TestServer.Administrator, account.Id, Mailbox.Inbox, Cancel)).Value;
        return [.. (await mailboxes.SnapshotAsync(TestServer.Administrator, account.Id, inbox.Id, Cancel)).Value.Enumerate().Select(static entry => entry.Flags)];
    }
}
