using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Core.Search;
using Posthorn.Core.Storage;
using Posthorn.ProtocolTests.Dialogs;

namespace Posthorn.ProtocolTests.Imap.Searching;

/// <summary>Dialogs about SEARCH, against a mailbox that is filled beforehand, without the index and with it: the messages stand in <see cref="Mail"/>.</summary>
public sealed class SearchDialogTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Imap", "Searching");

    private static readonly (string Octets, MessageFlags Flags, string[] Keywords, string Received)[] Mail =
    [
        ("Date: Mon, 7 Feb 1994 21:52:25 -0800 (PST)\r\nFrom: Fred Foobar <foobar@blurdybloop.example>\r\nSubject: afternoon meeting\r\n"
            + "To: mooch@owatagu.siam.example\r\nMessage-Id: <B27397-0100000@blurdybloop.example>\r\nX-Mailer: Old Faithful\r\n\r\n"
            + "Hello Joe, do you think we can meet at 3:30 tomorrow?\r\n",
            MessageFlags.Seen, [], "1994-02-08T05:52:25Z"),
        ("Date: Tue, 3 Mar 2026 09:00:00 +0100\r\nFrom: =?utf-8?q?J=C3=BCrgen_Smith?= <js@example.test>\r\nTo: alice@example.test\r\n"
            + "Cc: Copied <cc@example.test>\r\nSubject: =?iso-8859-1?q?Caf=E9?= am\r\n =?utf-8?b?U2Ftc3RhZw==?=\r\nMIME-Version: 1.0\r\n"
            + "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n0J7RgtC/0YPRgdC6INCyINC40Y7Qu9C1\r\n",
            MessageFlags.Flagged, ["$Forwarded"], "2026-03-03T08:00:05Z"),
        ("Date: Wed, 4 Mar 2026 23:30:00 -0800\r\nFrom: smith@example.test\r\nTo: friends: a@example.test, b@example.test;\r\nSubject: multipart\r\n"
            + "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html; charset=iso-8859-1\r\n"
            + "Content-Transfer-Encoding: quoted-printable\r\n\r\n<p>Gr=FC=DFe aus <b>K=F6ln</b></p>\r\n--b\r\nContent-Type: application/pdf; name=invoice.pdf\r\n"
            + "Content-Disposition: attachment; filename=invoice.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nc2VjcmV0IHdvcmRz\r\n--b--\r\n",
            MessageFlags.Seen | MessageFlags.Answered, [], "2026-03-05T07:30:10Z"),
        ("Subject:\r\n\r\nneedle at the end of " + LongText() + " haystack-end\r\n", MessageFlags.Deleted | MessageFlags.Draft, [], "2026-03-06T10:00:00Z"),
    ];

    public static TheoryData<string, bool> Dialogs => [.. Directory.EnumerateFiles(Folder, "*.dialog")
        .Select(file => Path.GetFileNameWithoutExtension(file))
        .Order(StringComparer.Ordinal)
        .SelectMany(name => new (string, bool)[] { (name, false), (name, true) })];

    [Theory]
    [MemberData(nameof(Dialogs))]
    public async Task Dialog(string name, bool indexed)
    {
        await using ServerFixture server = await ServerFixture.StartAsync();
        await FillAsync(server);
        if (indexed)
        {
            await server.Services.GetRequiredService<SearchIndexer>().RunRoundAsync(TestContext.Current.CancellationToken);
        }

        await DialogRunner.PlayAsync(server, "imaps", Path.Combine(Folder, name + ".dialog"));
    }

    // More than a segment of text, in lines, and in the large messages' own store.
    private static string LongText() => string.Concat(Enumerable.Repeat("and so on and so forth\r\n", 20_000));

    private static async Task FillAsync(ServerFixture server)
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        Actor actor = Actor.System("test");
        Account alice = (await server.Services.GetRequiredService<IStore>().ReadAsync(
            AccountId.Store, session => session.Directory.AccountAsync("alice@example.test"), cancel))!;
        Mailbox inbox = (await server.Services.GetRequiredService<Mailboxes>().FindAsync(actor, alice.Id, Mailbox.Inbox, cancel)).Value;
        Messages messages = server.Services.GetRequiredService<Messages>();
        foreach ((string octets, MessageFlags flags, string[] keywords, string received) in Mail)
        {
            await using MessageWriter writer = messages.StartMessage();
            await writer.WriteAsync(Encoding.Latin1.GetBytes(octets), cancel);
            await using IncomingMessage content = await writer.CompleteAsync(cancel);
            var date = DateTimeOffset.Parse(received, System.Globalization.CultureInfo.InvariantCulture);
            Assert.True((await messages.AppendAsync(actor, alice.Id, inbox.Id, [new NewMessage(content, flags, keywords, date)], cancel)).IsOk);
        }

        // UIDs and sequence numbers are to differ: the first message goes, and comes back as the last.
        Assert.True((await messages.MoveAsync(actor, alice.Id, inbox.Id, UidSet.Of(1), (await server.Services.GetRequiredService<Mailboxes>()
            .FindAsync(actor, alice.Id, "Archive", cancel)).Value.Id, cancel)).IsOk);
        Mailbox archive = (await server.Services.GetRequiredService<Mailboxes>().FindAsync(actor, alice.Id, "Archive", cancel)).Value;
        Assert.True((await messages.MoveAsync(actor, alice.Id, archive.Id, UidSet.All, inbox.Id, cancel)).IsOk);
    }
}
