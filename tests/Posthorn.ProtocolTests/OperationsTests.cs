using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using MailKit.Net.Imap;
using MailKit.Net.Pop3;
using MailKit.Net.Smtp;
using MailKit.Security;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using MimeKit;
using Posthorn.Configuration;
using Posthorn.ProtocolTests.Durability;
using Posthorn.ProtocolTests.History;
using Posthorn.ProtocolTests.Outbound;

namespace Posthorn.ProtocolTests;

/// <summary>What whoever runs the server sees of it: logs that hold no secret, and a trace of each message.</summary>
public sealed class OperationsTests
{
    private const string Body = "for your eyes only";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_log_line_of_any_level_holds_a_password_or_a_body()
    {
        await using TestServer server = await TestServer.StartAsync(change: static options => options with { Telemetry = new TelemetryOptions { LogLevel = "Trace" } });
        using var log = new KeptLog();
        server.Services.GetRequiredService<ILoggerFactory>().AddProvider(log);
        using (var smtp = new SmtpClient { ServerCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null })
        {
            await smtp.ConnectAsync("127.0.0.1", server.Port("submission"), SecureSocketOptions.StartTls, Cancel);
            await smtp.AuthenticateAsync(new SaslMechanismPlain(TestServer.You, TestServer.Password), Cancel);
            await smtp.SendAsync(Letter(), Cancel);
            await smtp.DisconnectAsync(true, Cancel);
        }

        using (var imap = new ImapClient { ServerCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null })
        {
            await imap.ConnectAsync("127.0.0.1", server.Port("imaps"), SecureSocketOptions.SslOnConnect, Cancel);
            await imap.AuthenticateAsync(TestServer.Friend, TestServer.Password, Cancel);
            await imap.Inbox.OpenAsync(MailKit.FolderAccess.ReadWrite, Cancel);
            Assert.Contains(Body, (await imap.Inbox.GetMessageAsync(0, Cancel)).TextBody, StringComparison.Ordinal);
            await imap.Inbox.AppendAsync(new MailKit.AppendRequest(Letter(), MailKit.MessageFlags.None), Cancel);
            await imap.DisconnectAsync(true, Cancel);
        }

        await using (LineTalk imap = await LineTalk.ConnectAsync(server.Port("imaps"), Cancel))
        {
            await imap.ImapAsync($"LOGIN {TestServer.Friend} \"{TestServer.Password}\"", Cancel);
            await imap.ImapAsync($"LOGIN {TestServer.Friend} \"{TestServer.Password}", Cancel);
            await imap.ImapAsync($"XLOGIN {TestServer.Friend} {TestServer.Password}", Cancel);
        }

        using (var pop3 = new Pop3Client { ServerCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null })
        {
            await pop3.ConnectAsync("127.0.0.1", server.Port("pop3s"), SecureSocketOptions.SslOnConnect, Cancel);
            await pop3.AuthenticateAsync(TestServer.Friend, TestServer.Password, Cancel);
            await pop3.GetMessageAsync(0, Cancel);
            await pop3.DisconnectAsync(true, Cancel);
        }

        string[] secrets =
        [
            TestServer.Password, Base64(TestServer.Password), Base64($"\0{TestServer.You}\0{TestServer.Password}"), Base64($"\0{TestServer.Friend}\0{TestServer.Password}"), Body,
        ];
        // The end of a connection is logged after the client has gone.
        while (!new[] { "smtp connection", "imap connection", "pop3 connection" }.All(begin => log.Lines.Any(line => line.StartsWith(begin, StringComparison.Ordinal))))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancel);
        }

        Assert.DoesNotContain(log.Lines, line => secrets.Any(secret => line.Contains(secret, StringComparison.OrdinalIgnoreCase)));
    }

    [Fact]
    public async Task A_message_leaves_a_trace_where_it_comes_in_and_where_it_goes_out()
    {
        var ended = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name.StartsWith("Posthorn", StringComparison.Ordinal),
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = ended.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        await using var sink = new SmtpSink(static _ => null);
        await using TestServer server = await TestServer.StartAsync(
            "localhost. A 127.0.0.1\n", options => options with { Outbound = options.Outbound with { Smarthost = $"localhost:{sink.Port}" } });
        using var smtp = new SmtpClient { ServerCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null };
        await smtp.ConnectAsync("127.0.0.1", server.Port("submission"), SecureSocketOptions.StartTls, Cancel);
        await smtp.AuthenticateAsync(TestServer.You, TestServer.Password, Cancel);
        MimeMessage letter = Letter();
        letter.To.Add(MailboxAddress.Parse("somebody@traced.example"));
        await smtp.SendAsync(letter, Cancel);
        await sink.NextAsync(Cancel);
        while (!ended.Any(static activity => Equals(activity.GetTagItem("posthorn.domain"), "traced.example")))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), Cancel);
        }

        Activity delivered = ended.First(static activity => Equals(activity.GetTagItem("posthorn.domain"), "traced.example"));
        Assert.Equal((ActivityStatusCode.Ok, 1), (delivered.Status, delivered.GetTagItem("posthorn.delivered")));
        Assert.Contains(ended, static activity => activity.OperationName == "accept message" && Equals(activity.GetTagItem("posthorn.recipients"), 2) && Equals(activity.GetTagItem("posthorn.reply"), 250));
        Assert.DoesNotContain(ended.SelectMany(static activity => activity.TagObjects), static tag => tag.Value?.ToString()?.Contains('@', StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task A_collector_gets_metrics_and_traces()
    {
        await using OtlpCollector collector = await OtlpCollector.StartAsync();
        await using (TestServer server = await TestServer.StartAsync(
            change: options => options with { Telemetry = options.Telemetry with { OtlpEndpoint = collector.Address } }))
        {
            await using SmtpTalk talk = await SmtpTalk.ConnectAsync(server.Port("smtp"), Cancel);
            Assert.True(await talk.SendAsync(TestServer.You, "told", 100, Cancel));
        }

        // A stop sends what is left.
        Assert.Contains("accept message", collector.Of("trace"), StringComparison.Ordinal);
        Assert.Contains("posthorn", collector.Of("metrics"), StringComparison.Ordinal);
    }

    private static MimeMessage Letter() => new(
        [MailboxAddress.Parse(TestServer.You)], [MailboxAddress.Parse(TestServer.Friend)], "a letter", new TextPart("plain") { Text = Body });

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    /// <summary>Every line that is logged, with the exceptions.</summary>
    private sealed class KeptLog : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue($"{formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }
    }
}
