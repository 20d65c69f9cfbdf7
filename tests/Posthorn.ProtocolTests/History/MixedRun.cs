using System.Globalization;
using System.Net.Sockets;
using MailKit;
using MailKit.Net.Imap;
using MailKit.Security;
using Posthorn.ProtocolTests.Durability;
using Posthorn.ProtocolTests.Outbound;

namespace Posthorn.ProtocolTests.History;

/// <summary>Mixed load on one or several nodes, round by round, and what the checker says of it.</summary>
/// <param name="sink">Where mail for elsewhere goes.</param>
internal sealed class MixedRun(IReadOnlyList<PosthornProcess> nodes, SmtpSink sink, Random random)
{
    private const string PopUser = "pop@example.test";
    private const int ImapClients = 3;
    private const int SmtpClients = 2;

    /// <summary>Connections to a destination at a time; a message in flight on each may be sent again after a fault (docs/configuration.md).</summary>
    private const int InFlightOut = 5;

    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(5);

    /// <summary>A server that lives answers what it was asked within this time, whatever failed under it.</summary>
    private static readonly TimeSpan LongestAnswer = TimeSpan.FromMinutes(2);

    private readonly HistoryChecker _checker = new();
    private readonly Dictionary<string, Outcome> _submitted = [];
    private readonly Dictionary<string, int> _received = [];
    private int _rounds;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private PosthornProcess First => nodes[0];

    /// <summary>Makes the accounts and the mailboxes; the nodes run.</summary>
    public async Task PrepareAsync()
    {
        await First.CommandAsync(PosthornProcess.Password + "\n", "account", "add", PopUser, "--password-stdin");
        await using LineTalk talk = await ImapLoad.SignInAsync(First.Ports["imaps"], PosthornProcess.User, PosthornProcess.Password, Cancel);
        foreach (string folder in MailboxSet.Folders)
        {
            await talk.ImapAsync($"CREATE {folder}", Cancel);
        }
    }

    /// <summary>Load until the fault is done and the clients have ended; the nodes must run again before <see cref="ReadAsync"/>.</summary>
    /// <param name="fault">Begins when the load does; what it returns before is load without a fault.</param>
    public async Task<HistoryLog> LoadAsync(Func<HistoryLog, Task> fault)
    {
        var log = new HistoryLog();
        int round = _rounds++;
        using var stop = new CancellationTokenSource();
        Task[] clients = [.. Clients(log, round, stop.Token).Select(UntilCutAsync)];
        await fault(log);
        log.IsOver = true;
        await Task.WhenAny(Task.WhenAll(clients), Task.Delay(LongestAnswer, TimeProvider.System, Cancel));
        await stop.CancelAsync();
        await Task.WhenAll(clients);
        return log;
    }

    /// <summary>Waits until something was acknowledged, so that the clients are at work.</summary>
    public static async Task UntilBusyAsync(HistoryLog log)
    {
        while (!log.Operations.Any(operation => operation is Delivery && operation.Outcome == Outcome.Done))
        {
            await Task.Delay(LookAgain, TimeProvider.System, Cancel);
        }
    }

    /// <summary>Reads the store through the first node while nobody writes, and holds it against what the clients were told.</summary>
    public async Task CheckAsync(HistoryLog log)
    {
        List<StoredMessage> stored = [.. await ReadAsync(PosthornProcess.User, MailboxSet.Yours), .. await ReadAsync(PopUser, [MailboxSet.Inbox])];
        foreach (Submission submission in log.Operations.OfType<Submission>())
        {
            _submitted[submission.Content] = submission.Outcome;
        }

        _checker.Round([.. log.Operations.Where(operation => operation is not Submission)], stored);
    }

    /// <summary>What was lost or doubled, in the store and on the way out; the queue is empty afterwards.</summary>
    /// <param name="faults">How often something was killed.</param>
    public async Task FinishAsync(string what, int faults)
    {
        while (!(await First.CommandAsync("", "queue", "list", "--json")).Trim().Equals("[]", StringComparison.Ordinal))
        {
            await Task.Delay(LookAgain, TimeProvider.System, Cancel);
        }

        foreach (string content in sink.Arrived().Select(message => Subject(message.Data)))
        {
            _received[content] = _received.GetValueOrDefault(content) + 1;
        }

        string[] unsent = [.. _submitted.Where(pair => pair.Value == Outcome.Done).Select(pair => pair.Key).Except(_received.Keys)];
        int sent = _submitted.Values.Count(outcome => outcome == Outcome.Done), sentAgain = _received.Values.Sum(times => times - 1);
        int lost = _checker.Count(FaultKind.Lost) + _checker.Count(FaultKind.LostFlag) + unsent.Length;
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
            {what}: acknowledged {_checker.Acknowledged} (and {sent} sent out), in flight {_checker.InFlight}, lost {lost}, duplicated {_checker.Count(FaultKind.Doubled)}, sent out again {sentAgain} of {faults * InFlightOut} in flight, other faults {_checker.Faults.Count - lost - _checker.Count(FaultKind.Doubled)}
            """));
        Assert.True(_checker.Faults.Count == 0, string.Join("\n", _checker.Faults.Select(fault => $"{fault.Kind}: {fault.What}")));
        Assert.Empty(unsent);
        Assert.InRange(sentAgain, 0, faults * InFlightOut);
        Assert.InRange(_checker.Acknowledged, faults, int.MaxValue);
        Assert.Empty(_received.Keys.Except(_submitted.Keys));
        await OctetsAreWholeAsync();
    }

    private IEnumerable<Task> Clients(HistoryLog log, int round, CancellationToken stop)
    {
        string user = PosthornProcess.User, password = PosthornProcess.Password;
        int Port(string name, int client) => nodes[(round + client) % nodes.Count].Ports[name];
        for (int client = 0; client < ImapClients; client++)
        {
            yield return ImapAsync(Port("imaps", client), log, new Random(random.Next()), $"{round}-{client}", $"$c{client}", stop);
        }

        for (int client = 0; client < SmtpClients; client++)
        {
            yield return MailLoad.DeliverAsync(Port("smtp", client), log, $"{round}-{client}", user, PopUser, stop);
        }

        yield return MailLoad.SubmitAsync(Port("submissions", 1), log, $"{round}", user, password, stop);
        yield return MailLoad.TakeAsync(Port("pop3s", 0), log, new Random(random.Next()), PopUser, password, stop);
    }

    private static async Task ImapAsync(int port, HistoryLog log, Random random, string name, string keyword, CancellationToken stop)
    {
        await using LineTalk talk = await ImapLoad.SignInAsync(port, PosthornProcess.User, PosthornProcess.Password, stop);
        await new ImapLoad(talk, log, random, name, keyword).RunAsync(stop);
    }

    private static async Task UntilCutAsync(Task client)
    {
        try
        {
            await client;
        }
        catch (Exception failure) when (failure is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The server was killed, or the round is over: what was not acknowledged may or may not be there.
        }
    }

    private async Task<List<StoredMessage>> ReadAsync(string user, IReadOnlyList<string> mailboxes)
    {
        await using LineTalk talk = await ImapLoad.SignInAsync(First.Ports["imaps"], user, PosthornProcess.Password, Cancel);
        var messages = new List<StoredMessage>();
        foreach (string mailbox in mailboxes)
        {
            IReadOnlyList<string> selected = await talk.ImapAsync($"EXAMINE {mailbox}", Cancel);
            string validity = selected.Single(line => line.Contains("[UIDVALIDITY ", StringComparison.Ordinal)).Split("[UIDVALIDITY ")[1].Split(']')[0];
            string name = user == PopUser ? MailboxSet.Maildrop : mailbox;
            IReadOnlyList<string> lines = await talk.ImapAsync("UID FETCH 1:* (UID FLAGS ENVELOPE)", Cancel);
            Assert.StartsWith("OK", lines[^1], StringComparison.Ordinal);
            messages.AddRange(lines.Select(line => FetchedMessage.Read(line, name, uint.Parse(validity, CultureInfo.InvariantCulture))).OfType<StoredMessage>());
        }

        return messages;
    }

    private async Task OctetsAreWholeAsync()
    {
        foreach (string user in new[] { PosthornProcess.User, PopUser })
        {
            using var client = new ImapClient { ServerCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null, CheckCertificateRevocation = false };
            await client.ConnectAsync("127.0.0.1", First.Ports["imaps"], SecureSocketOptions.SslOnConnect, Cancel);
            await client.AuthenticateAsync(user, PosthornProcess.Password, Cancel);
            foreach (string mailbox in user == PopUser ? [MailboxSet.Inbox] : MailboxSet.Yours)
            {
                IMailFolder folder = await client.GetFolderAsync(mailbox, Cancel);
                await folder.OpenAsync(FolderAccess.ReadOnly, Cancel);
                for (int at = 0; at < folder.Count; at++)
                {
                    MimeKit.MimeMessage message = (await folder.GetMessageAsync(at, Cancel))!;
                    Assert.Equal(Letter.Body(message.Subject!), message.TextBody?.TrimEnd().ReplaceLineEndings("\r\n"));
                }
            }

            await client.DisconnectAsync(true, Cancel);
        }
    }

    private static string Subject(string data) =>
        data.Split("\r\n").First(line => line.StartsWith("Subject: ", StringComparison.Ordinal))["Subject: ".Length..];
}
