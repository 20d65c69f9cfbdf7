using System.Text;
using MailKit;
using MailKit.Net.Imap;
using MailKit.Security;
using Microsoft.Extensions.DependencyInjection;
using MimeKit;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.ProtocolTests.Dialogs;

namespace Posthorn.ProtocolTests.Imap;

/// <summary>A client that many programs are built on, against the server: sign-in by SCRAM, large and deep messages, two sessions.</summary>
public sealed class ImapClientTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("SCRAM-SHA-256")]
    [InlineData("PLAIN")]
    public async Task A_client_signs_in_by(string mechanism)
    {
        await using ServerFixture server = await ServerFixture.StartAsync();
        using ImapClient client = await ConnectAsync(server);
        SaslMechanism sasl = mechanism == "PLAIN"
            ? new SaslMechanismPlain("alice@example.test", ServerFixture.Password)
            : new SaslMechanismScramSha256("alice@example.test", ServerFixture.Password);
        await client.AuthenticateAsync(sasl, Cancel);
        Assert.True(client.IsAuthenticated);
    }

    [Fact]
    public async Task A_wrong_proof_is_refused_and_the_right_one_taken_after_it()
    {
        await using ServerFixture server = await ServerFixture.StartAsync();
        using ImapClient client = await ConnectAsync(server);
        await Assert.ThrowsAsync<AuthenticationException>(
            () => client.AuthenticateAsync(new SaslMechanismScramSha256("alice@example.test", "wrong"), Cancel));
        await client.AuthenticateAsync(new SaslMechanismScramSha256("alice@example.test", ServerFixture.Password), Cancel);
        Assert.True(client.IsAuthenticated);
    }

    [Fact]
    public async Task A_message_of_megabytes_comes_back_as_it_went()
    {
        await using ServerFixture server = await ServerFixture.StartAsync();
        using ImapClient client = await LogInAsync(server);
        byte[] octets = Large();
        await client.Inbox.OpenAsync(FolderAccess.ReadWrite, Cancel);
        using var stream = new MemoryStream(octets);
        UniqueId? uid = await client.Inbox.AppendAsync(FormatOptions.Default, await MimeMessage.LoadAsync(stream, Cancel), MailKit.MessageFlags.None, Cancel);
        await using Stream back = await client.Inbox.GetStreamAsync(uid!.Value, "", Cancel);
        using var copy = new MemoryStream();
        await back.CopyToAsync(copy, Cancel);
        Assert.Equal(octets, copy.ToArray());
        await using Stream part = await client.Inbox.GetStreamAsync(uid.Value, "TEXT", 1_000_000, 100, Cancel);
        using var cut = new MemoryStream();
        await part.CopyToAsync(cut, Cancel);
        int text = octets.AsSpan().IndexOf("\r\n\r\n"u8) + 4;
        Assert.Equal(octets.AsSpan(text + 1_000_000, 100).ToArray(), cut.ToArray());
    }

    [Fact]
    public async Task Every_part_of_a_nested_message_is_where_its_structure_says()
    {
        await using ServerFixture server = await ServerFixture.StartAsync();
        using ImapClient client = await LogInAsync(server);
        var inner = new MimeMessage { Subject = "inside", Body = new BodyBuilder { TextBody = "inner text", HtmlBody = "<p>inner</p>" }.ToMessageBody() };
        var builder = new BodyBuilder { TextBody = "outer text" };
        builder.Attachments.Add(new MessagePart { Message = inner });
        var message = new MimeMessage { Subject = "outside", Body = builder.ToMessageBody() };
        await client.Inbox.OpenAsync(FolderAccess.ReadWrite, Cancel);
        UniqueId uid = (await client.Inbox.AppendAsync(message, MailKit.MessageFlags.None, Cancel))!.Value;
        IMessageSummary summary = Assert.Single(
            await client.Inbox.FetchAsync([uid], MessageSummaryItems.BodyStructure | MessageSummaryItems.Envelope, Cancel));
        Assert.Equal("outside", summary.Envelope!.Subject);
        var multipart = Assert.IsType<BodyPartMultipart>(summary.Body);
        var enclosed = Assert.IsType<BodyPartMessage>(multipart.BodyParts[1]);
        Assert.Equal("inside", enclosed.Envelope!.Subject);
        var alternative = Assert.IsType<BodyPartMultipart>(enclosed.Body);
        var html = (TextPart)await client.Inbox.GetBodyPartAsync(uid, alternative.BodyParts[1], Cancel);
        Assert.Equal("<p>inner</p>", html.Text.TrimEnd());
        Assert.Equal("2.2", alternative.BodyParts[1].PartSpecifier);
    }

    [Fact]
    public async Task Flags_set_in_a_thousand_messages_reach_a_second_session()
    {
        await using ServerFixture server = await ServerFixture.StartAsync();
        using ImapClient first = await LogInAsync(server);
        using ImapClient second = await LogInAsync(server);
        await first.Inbox.OpenAsync(FolderAccess.ReadWrite, Cancel);
        await FileAsync(server, 1_200);
        await second.Inbox.OpenAsync(FolderAccess.ReadOnly, Cancel);
        int told = 0;
        second.Inbox.MessageFlagsChanged += (_, change) => told += change.Flags.HasFlag(MailKit.MessageFlags.Flagged) ? 1 : 0;
        await first.Inbox.AddFlagsAsync(new UniqueIdRange(UniqueId.MinValue, UniqueId.MaxValue), MailKit.MessageFlags.Flagged, silent: true, Cancel);
        await second.NoOpAsync(Cancel);
        Assert.Equal(1_200, told);
        IList<IMessageSummary> all = await second.Inbox.FetchAsync(0, -1, MessageSummaryItems.Envelope | MessageSummaryItems.Flags | MessageSummaryItems.UniqueId, Cancel);
        Assert.Equal(1_200, all.Count(summary => summary.Flags!.Value.HasFlag(MailKit.MessageFlags.Flagged)));
    }

    private static async Task FileAsync(ServerFixture server, int count)
    {
        Actor actor = Actor.System("test");
        Account account = (await server.Services.GetRequiredService<Accounts>().GetAsync(actor, "alice@example.test", Cancel)).Value;
        Mailbox inbox = (await server.Services.GetRequiredService<Mailboxes>().FindAsync(actor, account.Id, Mailbox.Inbox, Cancel)).Value;
        var store = server.Services.GetRequiredService<Messages>();
        var messages = new List<NewMessage>();
        for (int i = 0; i < count; i++)
        {
            await using MessageWriter writer = store.StartMessage();
            await writer.WriteAsync("Subject: one of many\r\n\r\ntext\r\n"u8.ToArray(), Cancel);
            messages.Add(new NewMessage(await writer.CompleteAsync(Cancel), default, [], null));
        }

        Assert.True((await store.AppendAsync(actor, account.Id, inbox.Id, messages, Cancel)).IsOk);
    }

    private static byte[] Large()
    {
        var text = new StringBuilder("From: a@example.test\r\nSubject: large\r\n\r\n");
        for (int line = 0; text.Length < 3_000_000; line++)
        {
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"line {line} of a text that is longer than any buffer\r\n");
        }

        return Encoding.ASCII.GetBytes(text.ToString());
    }

    private static async Task<ImapClient> LogInAsync(ServerFixture server)
    {
        ImapClient client = await ConnectAsync(server);
        await client.AuthenticateAsync("alice@example.test", ServerFixture.Password, Cancel);
        return client;
    }

    private static async Task<ImapClient> ConnectAsync(ServerFixture server)
    {
        var client = new ImapClient();
        client.ServerCertificateValidationCallback = (_, certificate, _, _) => certificate is not null;
        await client.ConnectAsync("127.0.0.1", server.Listener("imaps").Endpoint.Port, SecureSocketOptions.SslOnConnect, Cancel);
        return client;
    }
}
