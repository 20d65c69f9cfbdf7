using System.Text;
using Posthorn.ProtocolTests.Durability;

namespace Posthorn.ProtocolTests.History;

/// <summary>The mailboxes that the load uses.</summary>
internal static class MailboxSet
{
    public const string Inbox = "INBOX";

    /// <summary>The inbox of the account that is read by POP3, as the history calls it.</summary>
    public const string Maildrop = "maildrop";

    public static readonly IReadOnlyList<string> Folders = ["A", "B"];
    public static readonly IReadOnlyList<string> Yours = [Inbox, .. Folders];
}

/// <summary>Clients that bring mail and take it away.</summary>
internal static class MailLoad
{
    public const string Elsewhere = "somebody@remote.test";

    private const int RemovedAtOnce = 4;

    /// <summary>Mail from outside, in turn to the two accounts.</summary>
    public static async Task DeliverAsync(int port, HistoryLog log, string name, string user, string popUser, CancellationToken cancel)
    {
        await using SmtpTalk talk = await SmtpTalk.ConnectAsync(port, cancel);
        for (int number = 0; ; number++)
        {
            string content = $"s-{name}-{number}";
            bool toMaildrop = number % 2 == 1;
            await log.AskAsync(
                [new Delivery(content, toMaildrop ? MailboxSet.Maildrop : MailboxSet.Inbox, []) { Started = log.Now() }],
                () => talk.DeliverAsync(toMaildrop ? popUser : user, content, Letter.Body(content), cancel),
                static (_, reply) => Judge(reply));
        }
    }

    /// <summary>Mail to somebody elsewhere and to the own account: one envelope.</summary>
    public static async Task SubmitAsync(int port, HistoryLog log, string name, string user, string password, CancellationToken cancel)
    {
        await using LineTalk talk = await LineTalk.ConnectAsync(port, cancel);
        await talk.SayAsync("EHLO client.example.test", cancel);
        string signedIn = await talk.SayAsync($"AUTH PLAIN {Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{user}\0{password}"))}", cancel);
        for (int number = 0; signedIn.StartsWith('2'); number++)
        {
            string content = $"o-{name}-{number}";
            // A recipient that was put off while the store was away gets nothing: only an envelope taken whole is sent.
            bool isTaken = (await talk.SayAsync($"MAIL FROM:<{user}>", cancel)).StartsWith('2')
                & (await talk.SayAsync($"RCPT TO:<{Elsewhere}>", cancel)).StartsWith('2')
                & (await talk.SayAsync($"RCPT TO:<{user}>", cancel)).StartsWith('2');
            if (isTaken && (await talk.SayAsync("DATA", cancel)).StartsWith('3'))
            {
                await log.AskAsync<Operation, string>(
                    [new Delivery(content, MailboxSet.Inbox, []) { Started = log.Now() }, new Submission(content) { Started = log.Now() }],
                    () => talk.SayAsync($"{Letter.Of(content).Replace("sender@example.net", user, StringComparison.Ordinal)}\r\n.", cancel),
                    static (_, reply) => Judge(reply));
            }
            else
            {
                await talk.SayAsync("RSET", cancel);
            }
        }
    }

    /// <summary>Takes the oldest messages of a maildrop, session by session; of some sessions without QUIT nothing may come.</summary>
    public static async Task TakeAsync(int port, HistoryLog log, Random random, string user, string password, CancellationToken cancel)
    {
        while (true)
        {
            await using LineTalk talk = await LineTalk.ConnectAsync(port, cancel);
            await talk.SayAsync($"USER {user}", cancel);
            if (!(await talk.SayAsync($"PASS {password}", cancel)).StartsWith("+OK", StringComparison.Ordinal))
            {
                return;
            }

            var marked = new List<string>();
            for (int number = 1; number <= RemovedAtOnce && (await talk.SayAsync($"TOP {number} 0", cancel)).StartsWith("+OK", StringComparison.Ordinal); number++)
            {
                string subject = (await talk.UntilDotAsync(cancel)).Single(line => line.StartsWith("Subject: ", StringComparison.Ordinal));
                await talk.SayAsync($"DELE {number}", cancel);
                marked.Add(subject["Subject: ".Length..]);
            }

            if (random.Next(5) == 0)
            {
                // RSET unmarks.
                await talk.SayAsync("RSET", cancel);
                marked.Clear();
            }

            await log.AskAsync(
                [.. marked.Select(content => new Removal(content, MailboxSet.Maildrop, null) { Started = log.Now() })],
                () => talk.SayAsync("QUIT", cancel),
                static (_, reply) => reply.StartsWith("+OK", StringComparison.Ordinal) ? Outcome.Done
                    : reply.StartsWith("-ERR [SYS/TEMP]", StringComparison.Ordinal) ? Outcome.Unknown : Outcome.Refused);
        }
    }

    // A temporary refusal says: send it again. Whether it is there is not said.
    private static Outcome Judge(string reply) => reply[0] switch
    {
        '2' => Outcome.Done,
        '4' => Outcome.Unknown,
        _ => Outcome.Refused,
    };
}
