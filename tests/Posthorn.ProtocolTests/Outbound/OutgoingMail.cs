using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies;
using Posthorn.Core.Delivery;
using Posthorn.Core.Messages;
using Posthorn.Core.Queue;

namespace Posthorn.ProtocolTests.Outbound;

/// <summary>Sends mail as SMTP would have taken it, and looks at what waits.</summary>
internal static class OutgoingMail
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>From you, each recipient on the way to another server.</summary>
    public static Task SubmitAsync(this TestServer server, string octets, params string[] to) =>
        server.AcceptAsync(octets, TestServer.You, [.. to.Select(address => new EnvelopeRecipient(address, new Recipient.Foreign(), DsnNotify.Default, null))]);

    public static async Task AcceptAsync(
        this TestServer server, string octets, string sender, EnvelopeRecipient[] recipients, DateTimeOffset? received = null, Func<Envelope, Envelope>? change = null)
    {
        Account you = (await server.Services.GetRequiredService<Accounts>().GetAsync(TestServer.Administrator, TestServer.You, Cancel)).Value;
        await using MessageWriter writer = server.Services.GetRequiredService<Messages>().StartMessage();
        await writer.WriteAsync(Encoding.Latin1.GetBytes(octets), Cancel);
        await using IncomingMessage message = await writer.CompleteAsync(Cancel);
        var envelope = new Envelope(sender, recipients, "Received: by mx.example.test\r\n"u8.ToArray(), received ?? DateTimeOffset.UtcNow) { Submitter = you.Id };
        await server.Services.GetRequiredService<Deliveries>().AcceptAsync(change?.Invoke(envelope) ?? envelope, message, Cancel);
    }

    /// <summary>Waits for an entry of the queue that is so.</summary>
    public static async Task<QueueEntry> QueuedAsync(this TestServer server, Func<QueueEntry, bool> isReady)
    {
        while (true)
        {
            IReadOnlyList<QueueEntry> entries = (await server.Services.GetRequiredService<MailQueue>().ListAsync(TestServer.Administrator, Cancel)).Value;
            if (entries.FirstOrDefault(isReady) is { } entry)
            {
                return entry;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancel);
        }
    }

    public static async Task<Recipient> ResolveAsync(this TestServer server, string address) =>
        await server.Services.GetRequiredService<Recipients>().ResolveAsync(Standards.Smtp.EmailAddress.Parse(address), Cancel);
}
