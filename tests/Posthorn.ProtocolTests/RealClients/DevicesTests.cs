using System.Text;
using MailKit;
using MailKit.Net.Imap;
using MailKit.Search;
using MailKit.Security;
using Microsoft.Extensions.DependencyInjection;
using MimeKit;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Stores;

namespace Posthorn.ProtocolTests.RealClients;

/// <summary>Two, three and four different clients on one account: what is done on one is so on the others.</summary>
public sealed class DevicesTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_read_flagged_moved_and_deleted_on_one_is_so_on_the_others()
    {
        await using TestServer server = await TestServer.StartAsync();
        var programs = new ClientPrograms(server);
        using ImapClient phone = await ConnectAsync(server);
        foreach (string subject in (string[])["to read", "to flag", "to move", "to delete"])
        {
            await phone.Inbox.AppendAsync(Message(subject, "Text"), MailKit.MessageFlags.None, Cancel);
        }

        await programs.OfflineImapAsync();
        Assert.Equal(4, programs.OfflineImapFiles("INBOX").Count);

        // The phone reads, the terminal flags, the tablet moves and deletes.
        await phone.Inbox.OpenAsync(FolderAccess.ReadWrite, Cancel);
        await phone.Inbox.AddFlagsAsync(await phone.Inbox.SearchAsync(SearchQuery.SubjectContains("to read"), Cancel), MailKit.MessageFlags.Seen, silent: true, Cancel);
        await programs.NeomuttAsync("<tag-pattern>~s flag<enter><tag-prefix><set-flag>!<sync-mailbox>");
        await programs.PythonAsync("""
            c.select('INBOX')
            c.uid('MOVE', c.uid('SEARCH', 'SUBJECT', '"to move"')[1][0].decode(), 'Archive')
            c.uid('STORE', c.uid('SEARCH', 'SUBJECT', '"to delete"')[1][0].decode(), '+FLAGS', r'(\Deleted)')
            c.expunge()
            """);

        await phone.NoOpAsync(Cancel);
        IList<IMessageSummary> shown = await phone.Inbox.FetchAsync(0, -1, MessageSummaryItems.Envelope | MessageSummaryItems.Flags, Cancel);
        Assert.Equal(["to flag", "to read"], shown.Select(summary => summary.Envelope!.Subject).Order());
        Assert.True(shown.Single(summary => summary.Envelope!.Subject == "to flag").Flags!.Value.HasFlag(MailKit.MessageFlags.Flagged));
        Assert.True(shown.Single(summary => summary.Envelope!.Subject == "to read").Flags!.Value.HasFlag(MailKit.MessageFlags.Seen));

        await programs.OfflineImapAsync();
        IReadOnlyList<string> files = programs.OfflineImapFiles("INBOX");
        Assert.Equal(2, files.Count);
        Assert.Contains('S', FlagsOf(files, "to read"));
        Assert.Contains('F', FlagsOf(files, "to flag"));
        Assert.Contains("Subject: to move", await File.ReadAllTextAsync(Assert.Single(programs.OfflineImapFiles("Archive")), Cancel), StringComparison.Ordinal);

        // And back: what the computer does to its copy, the phone hears of.
        string read = files.Single(file => File.ReadAllText(file).Contains("Subject: to read", StringComparison.Ordinal));
        File.Move(read, Path.Combine(Path.GetDirectoryName(Path.GetDirectoryName(read))!, "cur", Path.GetFileName(read).Split(":2,")[0] + ":2,RS"));
        await programs.OfflineImapAsync();
        await phone.NoOpAsync(Cancel);
        IList<IMessageSummary> answered = await phone.Inbox.FetchAsync(0, -1, MessageSummaryItems.Envelope | MessageSummaryItems.Flags, Cancel);
        Assert.True(answered.Single(summary => summary.Envelope!.Subject == "to read").Flags!.Value.HasFlag(MailKit.MessageFlags.Answered));
    }

    [Fact]
    public async Task A_draft_saved_on_one_is_continued_on_another()
    {
        await using TestServer server = await TestServer.StartAsync();
        var programs = new ClientPrograms(server);
        using ImapClient phone = await ConnectAsync(server);
        IMailFolder drafts = phone.GetFolder(SpecialFolder.Drafts)!;
        await drafts.AppendAsync(Message("half a letter", "Dear all,"), MailKit.MessageFlags.Draft | MailKit.MessageFlags.Seen, Cancel);
        // The tablet reads it, writes on, files the new one and removes the old one, as most clients do.
        await programs.PythonAsync("""
            c.select('Drafts')
            uid = c.uid('SEARCH', 'DRAFT')[1][0].decode()
            old = c.uid('FETCH', uid, '(BODY.PEEK[])')[1][0][1]
            c.append('Drafts', r'(\Draft \Seen)', None, old.rstrip() + b'\r\nthe meeting is on Friday.\r\n')
            c.uid('STORE', uid, '+FLAGS.SILENT', r'(\Deleted)')
            c.uid('EXPUNGE', uid)
            """);
        await drafts.OpenAsync(FolderAccess.ReadWrite, Cancel);
        Assert.Equal(1, drafts.Count);
        Assert.Equal(MailKit.MessageFlags.Draft | MailKit.MessageFlags.Seen, Assert.Single(await drafts.FetchAsync(0, -1, MessageSummaryItems.Flags, Cancel)).Flags);
        Assert.Equal("Dear all,\r\nthe meeting is on Friday.\r\n", (await drafts.GetMessageAsync(0, Cancel)).TextBody!.ReplaceLineEndings("\r\n"));
        Assert.Contains("the meeting is on Friday.", await programs.CurlAsync("Drafts", 1), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_phone_that_idles_hears_at_once_what_the_tablet_does()
    {
        await using TestServer server = await TestServer.StartAsync();
        var programs = new ClientPrograms(server);
        using ImapClient phone = await ConnectAsync(server);
        await phone.Inbox.OpenAsync(FolderAccess.ReadWrite, Cancel);
        using var done = new CancellationTokenSource();
        var flagged = new TaskCompletionSource<MailKit.MessageFlags>(TaskCreationOptions.RunContinuationsAsynchronously);
        var came = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        phone.Inbox.CountChanged += (_, _) => came.TrySetResult(phone.Inbox.Count);
        phone.Inbox.MessageFlagsChanged += (_, change) => flagged.TrySetResult(change.Flags);
        Task idle = phone.IdleAsync(done.Token, Cancel);
        await programs.PythonAsync(@"c.append('INBOX', None, None, b'Subject: new\r\n\r\nText\r\n')");
        Assert.Equal(1, await came.Task.WaitAsync(Cancel));
        await programs.PythonAsync("""
            c.select('INBOX')
            c.store('1', '+FLAGS', r'(\Flagged)')
            """);
        Assert.True((await flagged.Task.WaitAsync(Cancel)).HasFlag(MailKit.MessageFlags.Flagged));
        await done.CancelAsync();
        await idle;
    }

    [Fact]
    public async Task Ten_thousand_messages_come_to_new_devices()
    {
        const int Count = 10_000;
        await using TestServer server = await TestServer.StartAsync();
        await FillAsync(server, Count);
        using ImapClient phone = await ConnectAsync(server);
        await phone.Inbox.OpenAsync(FolderAccess.ReadOnly, Cancel);
        IList<IMessageSummary> summaries = await phone.Inbox.FetchAsync(
            0, -1, MessageSummaryItems.UniqueId | MessageSummaryItems.Envelope | MessageSummaryItems.Flags | MessageSummaryItems.Size | MessageSummaryItems.BodyStructure, Cancel);
        Assert.Equal(Enumerable.Range(0, Count).Select(Subject), summaries.Select(summary => summary.Envelope!.Subject));
        // Each body is a command of its own here, and with a database one that waits for it twice: there the computer keeps the newest only, out of as many.
        int kept = TestDatabase.IsPostgres ? Count / 5 : Count;
        IReadOnlyList<string> files = await new ClientPrograms(server).MbsyncAsync(kept);
        Assert.Equal(kept, files.Count);
        Assert.Equal(kept, files.Select(file => File.ReadLines(file).First(line => line.StartsWith("Subject: ", StringComparison.Ordinal))).Distinct().Count());
    }

    private static string Subject(int number) => FormattableString.Invariant($"number {number}");

    private static async Task FillAsync(TestServer server, int count)
    {
        Account account = (await server.Services.GetRequiredService<Accounts>().GetAsync(TestServer.Administrator, TestServer.You, Cancel)).Value;
        Mailbox inbox = (await server.Services.GetRequiredService<Mailboxes>().FindAsync(TestServer.Administrator, account.Id, Mailbox.Inbox, Cancel)).Value;
        Messages messages = server.Services.GetRequiredService<Messages>();
        foreach (int[] chunk in Enumerable.Range(0, count).Chunk(500))
        {
            var filed = new List<NewMessage>();
            foreach (int number in chunk)
            {
                await using MessageWriter writer = messages.StartMessage();
                await writer.WriteAsync(Encoding.ASCII.GetBytes($"From: <a@example.test>\r\nMessage-ID: <{number}@example.test>\r\nSubject: {Subject(number)}\r\n\r\nText {number}\r\n"), Cancel);
                filed.Add(new NewMessage(await writer.CompleteAsync(Cancel), Core.Messages.MessageFlags.None, [], null));
            }

            Assert.True((await messages.AppendAsync(TestServer.Administrator, account.Id, inbox.Id, filed, Cancel)).IsOk);
        }
    }

    private static string FlagsOf(IReadOnlyList<string> files, string subject) =>
        files.Single(file => File.ReadAllText(file).Contains($"Subject: {subject}", StringComparison.Ordinal)).Split(":2,")[^1];

    private static async Task<ImapClient> ConnectAsync(TestServer server)
    {
        var client = new ImapClient { ServerCertificateValidationCallback = static (_, certificate, _, _) => certificate?.Subject == "CN=mx.example.test" };
        await client.ConnectAsync("localhost", server.Port("imaps"), SecureSocketOptions.SslOnConnect, Cancel);
        await client.AuthenticateAsync(TestServer.You, TestServer.Password, Cancel);
        return client;
    }

    private static MimeMessage Message(string subject, string text)
    {
        var message = new MimeMessage { Subject = subject, Body = new TextPart("plain") { Text = text } };
        message.From.Add(MimeKit.MailboxAddress.Parse(TestServer.You));
        return message;
    }
}
