using MailKit;
using MailKit.Net.Imap;
using MailKit.Security;
using MimeKit;
using Posthorn.Core.Storage;
using Posthorn.ProtocolTests.Durability;
using Posthorn.Stores;

namespace Posthorn.ProtocolTests.Faults;

/// <summary>The whole program on a disk that fills up: a temporary refusal, nothing lost, and it goes on by itself when there is room again.</summary>
public sealed class FullDiskTests
{
    private const int SmallMebibytes = 24;
    private const int LargeMebibytes = 256;

    /// <summary>Far more than the small disk holds.</summary>
    private const int MostMessages = 4_000;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(2_000)]
    [InlineData(400_000)]
    public async Task A_full_disk_refuses_for_now_loses_nothing_and_recovers_by_itself(int bytes)
    {
        Assert.SkipWhen(TestDatabase.IsPostgres, "PostgreSQL keeps its data elsewhere.");
        SmallDisk? disk = null;
        await using PosthornProcess server = await PosthornProcess.MakeAsync(async data => disk = await SmallDisk.MountAsync(data, SmallMebibytes));
        await using SmallDisk small = disk!;
        await server.StartAsync();
        var acknowledged = new List<string>();
        string refusal = await FillAsync(server, bytes, acknowledged);
        Assert.StartsWith("452 4.3.1 ", refusal, StringComparison.Ordinal);
        Assert.NotEmpty(acknowledged);
        await AppendIsRefusedAsync(server, bytes);

        await small.ResizeAsync(LargeMebibytes);
        await using (SmtpTalk talk = await SmtpTalk.ConnectAsync(server.Ports["smtp"], Cancel))
        {
            Assert.True(await talk.SendAsync(PosthornProcess.User, "after", bytes, Cancel));
            acknowledged.Add("after");
        }

        await server.StopAsync();
        (IReadOnlyList<string> subjects, IReadOnlyList<StoreFinding> findings) =
            await StoreReading.ReadAsync(Path.Combine(server.Folder, "data"), PosthornProcess.User, Cancel);
        Assert.Equal(acknowledged, subjects);
        Assert.Empty(findings);
    }

    /// <summary>Sends until the server refuses; the refusal.</summary>
    private static async Task<string> FillAsync(PosthornProcess server, int bytes, List<string> acknowledged)
    {
        await using SmtpTalk talk = await SmtpTalk.ConnectAsync(server.Ports["smtp"], Cancel);
        for (int number = 0; number < MostMessages; number++)
        {
            string id = $"m-{number}", reply = await talk.DeliverAsync(PosthornProcess.User, id, Noise(number, bytes), Cancel);
            if (!reply.StartsWith("250", StringComparison.Ordinal))
            {
                return reply;
            }

            acknowledged.Add(id);
        }

        return "the disk did not fill up";
    }

    private static async Task AppendIsRefusedAsync(PosthornProcess server, int bytes)
    {
        using var client = new ImapClient { ServerCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null, CheckCertificateRevocation = false };
        await client.ConnectAsync("127.0.0.1", server.Ports["imaps"], SecureSocketOptions.SslOnConnect, Cancel);
        await client.AuthenticateAsync(PosthornProcess.User, PosthornProcess.Password, Cancel);
        using var message = new MimeMessage { Subject = "append", Body = new TextPart("plain") { Text = Noise(-1, Math.Max(bytes, 100_000)) } };
        var refused = await Assert.ThrowsAsync<ImapCommandException>(() => client.Inbox.AppendAsync(new AppendRequest(message), Cancel));
        Assert.Equal(ImapCommandResponse.No, refused.Response);
        await client.NoOpAsync(Cancel);
        await client.DisconnectAsync(true, Cancel);
    }

    /// <summary>Text that does not compress, in lines.</summary>
    private static string Noise(int seed, int bytes)
    {
        var octets = new byte[bytes * 3 / 4];
        new Random(seed).NextBytes(octets);
        return Convert.ToBase64String(octets, Base64FormattingOptions.InsertLineBreaks);
    }
}
