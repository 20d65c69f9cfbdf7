using MailKit;
using MailKit.Net.Imap;
using MailKit.Search;
using MailKit.Security;
using MimeKit;

namespace Posthorn.ProtocolTests.RealClients;

/// <summary>Thunderbird, a phone and a tablet on one account: what is done on one is so on the others.</summary>
public sealed class ThunderbirdDevicesTests
{
    /// <summary>Looks until something has to be so; far more than it takes.</summary>
    private const int MaxLooks = 600;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_done_in_Thunderbird_is_so_on_the_others_and_a_draft_goes_to_and_fro()
    {
        await using TestServer server = await TestServer.StartAsync(change: static options => options with { HostName = TestServer.Domain });
        var tablet = new ClientPrograms(server);
        using ImapClient phone = new() { ServerCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null };
        await phone.ConnectAsync("localhost", server.Port("imaps"), SecureSocketOptions.SslOnConnect, Cancel);
        await phone.AuthenticateAsync(TestServer.You, TestServer.Password, Cancel);
        foreach (string subject in (string[])["one", "two", "three", "four"])
        {
            await phone.Inbox.AppendAsync(Message(subject, "Text"), MessageFlags.None, Cancel);
        }

        await phone.GetFolder(SpecialFolder.Drafts)!.AppendAsync(Message("half a letter", "Dear all,"), MessageFlags.Draft | MessageFlags.Seen, Cancel);
        await using Thunderbird thunderbird = await Thunderbird.StartAsync(
            [TestServer.Domain, "autoconfig." + TestServer.Domain, "autodiscover." + TestServer.Domain], server.WebAddress.Port, Path.Combine(server.Folder, "data", "tls", "ca.pem"));
        Assert.NotNull(await thunderbird.FindAsync(TestServer.You));
        await thunderbird.SetUpAsync("You", TestServer.You, TestServer.Password);
        Assert.Equal(["four", "one", "three", "two"], (await thunderbird.InboxAsync(4)).Order(StringComparer.Ordinal));

        await ReadFlagMoveAndDeleteAsync(server, thunderbird, phone, tablet);
        await ContinueADraftAsync(thunderbird, phone, phone.GetFolder(SpecialFolder.Drafts)!);
    }

    private static async Task ReadFlagMoveAndDeleteAsync(TestServer server, Thunderbird thunderbird, ImapClient phone, ClientPrograms tablet)
    {
        await phone.Inbox.OpenAsync(FolderAccess.ReadWrite, Cancel);
        await thunderbird.DoAsync("read", "one");
        await thunderbird.DoAsync("flag", "two");
        await thunderbird.DoAsync("archive", "three");
        await thunderbird.DoAsync("delete", "four");
        await ShowsAsync(phone, phone.Inbox, static shown => shown.Count == 2
            && shown.Any(static summary => summary.Envelope!.Subject == "one" && summary.Flags!.Value.HasFlag(MessageFlags.Seen))
            && shown.Any(static summary => summary.Envelope!.Subject == "two" && summary.Flags!.Value.HasFlag(MessageFlags.Flagged)));
        Assert.Contains("Subject: three", Assert.Single(await server.MailAsync(TestServer.You, "Archive")), StringComparison.Ordinal);
        Assert.Contains("Subject: four", Assert.Single(await server.MailAsync(TestServer.You, "Trash")), StringComparison.Ordinal);
        Assert.Equal("b'1' b'2'", (await tablet.PythonAsync("""
            c.select('INBOX', readonly=True)
            print(c.search(None, 'SEEN')[1][0], c.search(None, 'FLAGGED')[1][0])
            """)).Trim());

        // And back.
        await tablet.PythonAsync("""
            c.select('INBOX')
            c.store('2', '+FLAGS', r'(\Seen)')
            """);
        await phone.Inbox.AddFlagsAsync(await phone.Inbox.SearchAsync(SearchQuery.SubjectContains("two"), Cancel), MessageFlags.Answered, silent: true, Cancel);
        string[] expected = ["one read", "two read flagged answered"];
        IReadOnlyList<string> states = await thunderbird.InboxStatesAsync();
        for (int looks = 0; looks < MaxLooks && !expected.All(states.Contains); looks++)
        {
            await Task.Delay(Pause, Cancel);
            states = await thunderbird.InboxStatesAsync();
        }

        Assert.Equal(expected, states.Order(StringComparer.Ordinal));
    }

    private static async Task ContinueADraftAsync(Thunderbird thunderbird, ImapClient phone, IMailFolder drafts)
    {
        Assert.Contains("Subject: half a letter\r\n", await thunderbird.ContinueDraftAsync("Dear all,", "the meeting is on Friday."), StringComparison.Ordinal);

        // The phone finds that one alone, writes on, and files its own in place of it.
        await drafts.OpenAsync(FolderAccess.ReadWrite, Cancel);
        IMessageSummary shown = Assert.Single(await ShowsAsync(phone, drafts, static shown => shown.Count == 1));
        Assert.True(shown.Flags!.Value.HasFlag(MessageFlags.Draft));
        MimeMessage draft = await drafts.GetMessageAsync(shown.UniqueId, Cancel);
        Assert.Equal("Dear all,\r\nthe meeting is on Friday.\r\n", draft.TextBody!.ReplaceLineEndings("\r\n"));
        await drafts.AppendAsync(Message("half a letter", draft.TextBody + "At nine."), MessageFlags.Draft | MessageFlags.Seen, Cancel);
        await drafts.AddFlagsAsync(shown.UniqueId, MessageFlags.Deleted, silent: true, Cancel);
        await drafts.ExpungeAsync([shown.UniqueId], Cancel);

        await thunderbird.ContinueDraftAsync("At nine.", "Regards");
        IMessageSummary filed = Assert.Single(await ShowsAsync(phone, drafts, all => all.Count == 1 && all[0].UniqueId.Id > shown.UniqueId.Id + 1));
        MimeMessage last = await drafts.GetMessageAsync(filed.UniqueId, Cancel);
        Assert.Equal("Dear all,\r\nthe meeting is on Friday.\r\nAt nine.\r\nRegards\r\n", last.TextBody!.ReplaceLineEndings("\r\n"));
    }

    private static MimeMessage Message(string subject, string text)
    {
        var message = new MimeMessage { Subject = subject, Body = new TextPart("plain") { Text = text } };
        message.From.Add(MailboxAddress.Parse(TestServer.You));
        return message;
    }

    /// <summary>The phone looks until it shows what it should; what is only marked as deleted it does not show.</summary>
    private static async Task<IList<IMessageSummary>> ShowsAsync(ImapClient phone, IMailFolder folder, Func<IList<IMessageSummary>, bool> isSo)
    {
        for (int looks = 0; looks < MaxLooks; looks++)
        {
            await phone.NoOpAsync(Cancel);
            try
            {
                IList<IMessageSummary> shown = await folder.FetchAsync(0, -1, MessageSummaryItems.UniqueId | MessageSummaryItems.Envelope | MessageSummaryItems.Flags, Cancel);
                shown = [.. shown.Where(static summary => !summary.Flags!.Value.HasFlag(MessageFlags.Deleted))];
                if (isSo(shown))
                {
                    return shown;
                }
            }
            catch (ImapCommandException gone) when (gone.Response == ImapCommandResponse.No)
            {
                // RFC 2180 §4.1.2: a message was removed between NOOP and FETCH; the next NOOP tells which one.
            }

            await Task.Delay(Pause, Cancel);
        }

        throw new InvalidOperationException("The phone never heard of it.");
    }
}
