using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using MailKit;
using MailKit.Net.Imap;
using MailKit.Net.Smtp;
using MailKit.Security;
using Microsoft.Extensions.DependencyInjection;
using MimeKit;
using Posthorn.Configuration;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies;
using Posthorn.ProtocolTests.History;
using Posthorn.ProtocolTests.Web;
using Posthorn.Stores;

namespace Posthorn.ProtocolTests;

/// <summary>Two nodes on one PostgreSQL and one bucket, each the whole program.</summary>
public sealed class TwoNodesTests : IAsyncLifetime
{
    /// <summary>Where a test gives up: how soon it is told is measured, not tested (bench/RESULTS.md).</summary>
    private static readonly TimeSpan ToldWithin = TimeSpan.FromSeconds(30);

    private readonly string _database = TestDatabase.Create();
    private readonly S3Server _bucket = S3Server.Start();
    private TestServer _one = null!;
    private TestServer _other = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _one = await TestServer.StartAsync(change: OnSharedStore);
        _other = await TestServer.JoinAsync(OnSharedStore);
    }

    public async ValueTask DisposeAsync()
    {
        await _other.DisposeAsync();
        await _one.DisposeAsync();
        _bucket.Dispose();
    }

    [Fact]
    public async Task A_flag_set_on_one_node_reaches_an_idle_client_on_the_other_within_a_second()
    {
        using ImapClient writer = await ImapAsync(_one), idler = await ImapAsync(_other);
        await writer.Inbox.AppendAsync(Letter("one"), MessageFlags.None, Cancel);
        await idler.Inbox.OpenAsync(FolderAccess.ReadOnly, Cancel);
        await writer.Inbox.OpenAsync(FolderAccess.ReadWrite, Cancel);
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        idler.Inbox.MessageFlagsChanged += (_, change) =>
        {
            if (change.Flags.HasFlag(MessageFlags.Flagged))
            {
                told.TrySetResult();
            }
        };
        await IdleWhileAsync(idler, async () =>
        {
            long started = Stopwatch.GetTimestamp();
            await writer.Inbox.StoreAsync(0, new StoreFlagsRequest(StoreAction.Add, MessageFlags.Flagged), Cancel);
            await told.Task.WaitAsync(ToldWithin, Cancel);
            TestContext.Current.TestOutputHelper?.WriteLine(
                string.Create(CultureInfo.InvariantCulture, $"told after {Stopwatch.GetElapsedTime(started).TotalMilliseconds:0} ms, the STORE itself included"));
        });
    }

    [Fact]
    public async Task New_mail_moves_and_expunges_of_one_node_are_seen_on_the_other_and_large_bodies_too()
    {
        using ImapClient idler = await ImapAsync(_other), reader = await ImapAsync(_one);
        await idler.Inbox.OpenAsync(FolderAccess.ReadWrite, Cancel);
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        idler.Inbox.CountChanged += (_, _) => arrived.TrySetResult();
        idler.Inbox.MessageExpunged += (_, _) => gone.TrySetResult();
        string large = new('x', MessageWriter.InlineBytes * 2);
        await IdleWhileAsync(idler, async () =>
        {
            using var smtp = new SmtpClient { ServerCertificateValidationCallback = (_, certificate, _, _) => certificate is not null };
            await smtp.ConnectAsync("127.0.0.1", _one.Port("smtp"), SecureSocketOptions.None, Cancel);
            await smtp.SendAsync(Letter(large), new MailboxAddress("", TestServer.Friend), [new MailboxAddress("", TestServer.You)], Cancel);
            await arrived.Task.WaitAsync(ToldWithin, Cancel);
        });
        MimeMessage? there = await idler.Inbox.GetMessageAsync(0, Cancel);
        Assert.Equal(large, there?.TextBody?.TrimEnd());
        await IdleWhileAsync(idler, async () =>
        {
            await reader.Inbox.OpenAsync(FolderAccess.ReadWrite, Cancel);
            await reader.Inbox.StoreAsync(0, new StoreFlagsRequest(StoreAction.Add, MessageFlags.Deleted), Cancel);
            await reader.Inbox.ExpungeAsync(Cancel);
            await gone.Task.WaitAsync(ToldWithin, Cancel);
        });
    }

    [Fact]
    public async Task An_announcement_that_nobody_heard_heals_within_a_second()
    {
        using ImapClient writer = await ImapAsync(_one), idler = await ImapAsync(_other);
        await writer.Inbox.AppendAsync(Letter("one"), MessageFlags.None, Cancel);
        await idler.Inbox.OpenAsync(FolderAccess.ReadOnly, Cancel);
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        idler.Inbox.MessageFlagsChanged += (_, _) => told.TrySetResult();
        await IdleWhileAsync(idler, async () =>
        {
            // As a node writes that dies between its commit and its announcement.
            TestDatabase.Cluster.Execute("""
                UPDATE account_counter SET modseq = modseq + 1 WHERE account = (SELECT account FROM mailbox_message);
                UPDATE mailbox_message SET flags = 1, modseq = (SELECT c.modseq FROM account_counter c WHERE c.account = mailbox_message.account);
                UPDATE mailbox SET unseen = 0, highest_modseq = m.modseq FROM mailbox_message m WHERE m.account = mailbox.account AND m.mailbox = mailbox.id;
                INSERT INTO change_log(account, modseq, kind, collection, change, ids) SELECT account, modseq, 2, mailbox, 2, uid::text FROM mailbox_message;
                """, _database);
            await told.Task.WaitAsync(ToldWithin, Cancel);
        });
        Assert.True(told.Task.IsCompleted);
    }

    [Fact]
    public async Task Nodes_hear_each_other_again_after_their_connections_were_cut()
    {
        using ImapClient writer = await ImapAsync(_one), idler = await ImapAsync(_other);
        await idler.Inbox.OpenAsync(FolderAccess.ReadOnly, Cancel);
        TestDatabase.Cluster.Execute($"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{_database}'");
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        idler.Inbox.CountChanged += (_, _) => arrived.TrySetResult();
        await IdleWhileAsync(idler, async () =>
        {
            await writer.Inbox.AppendAsync(Letter("after"), MessageFlags.None, Cancel);
            await arrived.Task.WaitAsync(ToldWithin, Cancel);
        });
        Assert.Equal(1, idler.Inbox.Count);
    }

    [Fact]
    public async Task A_password_changed_on_one_node_ends_the_sessions_on_the_other()
    {
        await using LineTalk talk = await LineTalk.ConnectAsync(_other.Port("imaps"), Cancel);
        Assert.StartsWith("OK", (await talk.ImapAsync($"LOGIN {TestServer.You} \"{TestServer.Password}\"", Cancel))[^1], StringComparison.Ordinal);
        _ = (await _one.Services.GetRequiredService<Accounts>().SetPasswordAsync(TestServer.Administrator, TestServer.You, "another password", Cancel)).Value;
        Assert.StartsWith("* BYE", await talk.LineAsync(Cancel).WaitAsync(ToldWithin, Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mail_app_of_one_node_is_listed_and_signed_out_on_the_other()
    {
        await using LineTalk app = await LineTalk.ConnectAsync(_other.Port("imaps"), Cancel);
        Assert.StartsWith("OK", (await app.ImapAsync($"LOGIN {TestServer.You} \"{TestServer.Password}\"", Cancel))[^1], StringComparison.Ordinal);
        await app.ImapAsync("ID (\"name\" \"Thunderbird\" \"version\" \"140\")", Cancel);
        using WebClient browser = await WebClient.SignedInAsync(_one);
        WebAnswer page = await browser.OpenAsync("/account/security/devices");
        for (long started = Stopwatch.GetTimestamp(); !page.Text.Contains("devices/app", StringComparison.Ordinal) && Stopwatch.GetElapsedTime(started) < ToldWithin;)
        {
            await Task.Delay(100, Cancel);
            page = await browser.OpenAsync("/account/security/devices");
        }

        Assert.Matches("<strong>Thunderbird 140</strong> <span class=\"state\">IMAP</span>\\s*<span class=\"soft\">From (127\\.0\\.0\\.1|::1), since [^<]*your password", page.Text);
        string id = Regex.Match(page.Text, "devices/app\">.*?name=\"id\" value=\"([0-9a-f]+)\"", RegexOptions.Singleline).Groups[1].Value;
        long asked = Stopwatch.GetTimestamp();
        WebAnswer after = await browser.PostAsync("/account/security/devices/app", ("id", id));
        Assert.StartsWith("* BYE", await app.LineAsync(Cancel).WaitAsync(ToldWithin, Cancel), StringComparison.Ordinal);
        TestContext.Current.TestOutputHelper?.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"signed out after {Stopwatch.GetElapsedTime(asked).TotalMilliseconds:0} ms, the page itself included"));
        Assert.DoesNotContain("devices/app\"", (await browser.OpenAsync(after.Location!)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_signed_in_on_the_web_of_one_node_is_signed_in_on_the_other()
    {
        using var client = new WebClient(_one);
        await client.GetAsync("/signin");
        Assert.Equal("/mail", (await client.SignInAsync(TestServer.You, TestServer.Password)).Location);
        using WebClient elsewhere = client.On(_other);
        WebAnswer answer = await elsewhere.OpenAsync("/mail");
        Assert.Equal(System.Net.HttpStatusCode.OK, answer.Status);
        Assert.Contains(TestServer.You, answer.Text, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_one.Folder, "data", "keys")));
    }

    private PosthornOptions OnSharedStore(PosthornOptions options) => options with
    {
        Store = TestDatabase.Cluster.ConnectionString(_database),
        Bodies = new BodiesOptions
        {
            Bucket = _bucket.Options.Bucket,
            Endpoint = _bucket.Options.Endpoint,
            AccessKey = _bucket.Options.AccessKey,
            SecretKey = _bucket.Options.SecretKey,
        },
    };

    private static async Task<ImapClient> ImapAsync(TestServer node)
    {
        var client = new ImapClient { CheckCertificateRevocation = false, ServerCertificateValidationCallback = (_, certificate, _, _) => certificate is not null };
        await client.ConnectAsync("127.0.0.1", node.Port("imaps"), SecureSocketOptions.SslOnConnect, Cancel);
        await client.AuthenticateAsync(TestServer.You, TestServer.Password, Cancel);
        return client;
    }

    private static async Task IdleWhileAsync(ImapClient client, Func<Task> work)
    {
        using var done = new CancellationTokenSource();
        Task idle = client.IdleAsync(done.Token, Cancel);
        await work();
        await done.CancelAsync();
        await idle;
    }

    private static MimeMessage Letter(string text) => new(
        [new MailboxAddress("", TestServer.Friend)], [new MailboxAddress("", TestServer.You)], "two nodes", new TextPart("plain") { Text = text });
}
