using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Bench;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;

namespace Posthorn.ProtocolTests.Imap;

/// <summary>Nothing runs beside it: what is counted is what the whole process allocates.</summary>
[CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
public sealed class AllocationCollection;

/// <summary>What a FETCH and a wake-up of IDLE allocate, in all threads, the client of the test included: bounded. bench/RESULTS.md has the figures, the limits leave room above them.</summary>
[Collection(nameof(AllocationTests))]
public sealed class AllocationTests
{
    private const int Letters = 500;
    private const int Idlers = 10;

    /// <summary>The least of so many counts: what else happens in the process only adds.</summary>
    private const int Counts = 7;

    /// <summary>Octets for a message of FETCH (FLAGS UID): the command's own, spread over its messages.</summary>
    private const long MostForFlags = 64;

    /// <summary>Octets for a message of FETCH (ENVELOPE), which is read from its row.</summary>
    private const long MostForEnvelope = 2_048;

    /// <summary>Octets for a message of FETCH (BODY.PEEK[]), of which the message has 1,024.</summary>
    private const long MostForBody = 12_288;

    /// <summary>Octets for each session in IDLE that is told of a changed flag.</summary>
    private const long MostForWakeUp = 32_768;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_fetch_allocates_no_more_than_its_limit()
    {
        await using TestServer server = await TestServer.StartAsync();
        await FillAsync(server);
        using var client = new ImapLine(server.Port("imaps"), TestServer.You, TestServer.Password);
        long nothing = Least(() => client.Run("a NOOP\r\n"u8));
        long flags = (Least(() => client.Run("a FETCH 1:* (FLAGS UID)\r\n"u8)) - nothing) / Letters;
        long envelope = (Least(() => client.Run("a FETCH 1:* (ENVELOPE)\r\n"u8)) - nothing) / Letters;
        long body = (Least(() => client.Run("a FETCH 1:* (BODY.PEEK[])\r\n"u8)) - nothing) / Letters;
        TestContext.Current.TestOutputHelper!.WriteLine($"NOOP {nothing}, FLAGS {flags}, ENVELOPE {envelope}, BODY {body} octets a message");
        Assert.InRange(flags, 0, MostForFlags);
        Assert.InRange(envelope, 0, MostForEnvelope);
        Assert.InRange(body, 0, MostForBody);
    }

    [Fact]
    public async Task A_session_in_idle_that_is_told_something_allocates_no_more_than_its_limit()
    {
        await using TestServer server = await TestServer.StartAsync();
        await FillAsync(server);
        using var writer = new ImapLine(server.Port("imaps"), TestServer.You, TestServer.Password);
        var idlers = new List<ImapLine>();
        bool isSet = false;
        void SetFlagAndBeTold()
        {
            writer.Run(isSet ? "a STORE 1 -FLAGS.SILENT (\\Flagged)\r\n"u8 : "a STORE 1 +FLAGS.SILENT (\\Flagged)\r\n"u8);
            isSet = !isSet;
            idlers.ForEach(static idler => idler.Until("\r\n* 1 FETCH "u8));
        }

        try
        {
            long alone = Least(SetFlagAndBeTold);
            for (int i = 0; i < Idlers; i++)
            {
                var idler = new ImapLine(server.Port("imaps"), TestServer.You, TestServer.Password);
                idlers.Add(idler);
                idler.Send("a IDLE\r\n"u8);
                idler.Until("\r\n+ "u8);
            }

            long wakeUp = (Least(SetFlagAndBeTold) - alone) / Idlers;
            TestContext.Current.TestOutputHelper!.WriteLine($"STORE {alone}, a wake-up {wakeUp} octets");
            Assert.InRange(wakeUp, 0, MostForWakeUp);
        }
        finally
        {
            idlers.ForEach(static idler => idler.Dispose());
        }
    }

    private static long Least(Action work)
    {
        long least = long.MaxValue;
        for (int count = 0; count < Counts; count++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            work();
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        return least;
    }

    private static async Task FillAsync(TestServer server)
    {
        Account account = (await server.Services.GetRequiredService<Accounts>().GetAsync(TestServer.Administrator, TestServer.You, Cancel)).Value;
        Mailbox inbox = (await server.Services.GetRequiredService<Mailboxes>().FindAsync(TestServer.Administrator, account.Id, Mailbox.Inbox, Cancel)).Value;
        Messages messages = server.Services.GetRequiredService<Messages>();
        var filed = new List<NewMessage>();
        for (int number = 0; number < Letters; number++)
        {
            await using MessageWriter writer = messages.StartMessage();
            string head = FormattableString.Invariant($"From: Writer <writer{number % 10}@example.net>\r\nTo: <{TestServer.You}>\r\nMessage-ID: <{number}@example.net>\r\nSubject: letter {number}\r\n\r\n");
            await writer.WriteAsync(Encoding.ASCII.GetBytes(head.PadRight(1_024, 'x')), Cancel);
            filed.Add(new NewMessage(await writer.CompleteAsync(Cancel), MessageFlags.None, [], null));
        }

        Assert.True((await messages.AppendAsync(TestServer.Administrator, account.Id, inbox.Id, filed, Cancel)).IsOk);
    }
}
