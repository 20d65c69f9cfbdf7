using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.ProtocolTests;

namespace Posthorn.BrowserTests.Mail;

/// <summary>Puts messages into folders of the person who looks at the pages, as they would lie there.</summary>
internal static class Letters
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static Task FileAsync(TestServer server, string address, string octets, string folder = Mailbox.Inbox) => FileAsync(server, address, [Encoding.UTF8.GetBytes(octets.ReplaceLineEndings("\r\n"))], folder);

    public static async Task FileAsync(TestServer server, string address, IReadOnlyList<byte[]> letters, string folder = Mailbox.Inbox)
    {
        Account account = (await server.Services.GetRequiredService<Accounts>().GetAsync(TestServer.Administrator, address, Cancel)).Value;
        Mailbox box = (await server.Services.GetRequiredService<Mailboxes>().FindAsync(TestServer.Administrator, account.Id, folder, Cancel)).Value;
        Messages messages = server.Services.GetRequiredService<Messages>();
        foreach (byte[][] chunk in letters.Chunk(500))
        {
            var added = new List<NewMessage>();
            foreach (byte[] octets in chunk)
            {
                await using MessageWriter writer = messages.StartMessage();
                await writer.WriteAsync(octets, Cancel);
                added.Add(new NewMessage(await writer.CompleteAsync(Cancel), MessageFlags.None, [], null));
            }

            _ = (await messages.AppendAsync(TestServer.Administrator, account.Id, box.Id, added, Cancel)).Value;
        }
    }

    public static string Simple(int number) =>
        $"From: Writer {number % 7} <writer{number % 7}@example.net>\r\nTo: you@{TestServer.Domain}\r\nSubject: Letter {number}\r\nMessage-ID: <{number}@example.net>\r\nDate: Tue, 24 Nov 2026 10:00:00 +0100\r\n\r\nThis is the text of letter {number}.\r\n";

    /// <summary>Some of the corpus that people like to look at.</summary>
    public const string WithFiles = """
        From: Zoë Ward <zoe@example.net>
        To: you@example.test, Friend <friend@example.test>
        Subject: Plans for the garden
        Message-ID: <garden@example.net>
        Date: Tue, 24 Nov 2026 10:00:00 +0100
        MIME-Version: 1.0
        Content-Type: multipart/mixed; boundary=b

        --b
        Content-Type: text/html; charset=utf-8

        <h1>Plans</h1><p>The beds go <b>south</b>. See <a href="https://example.org/">the catalogue</a>.</p>
        <img src="https://pictures.example.org/flower.png" alt="flower">
        --b
        Content-Type: text/plain; charset=utf-8; name=list.txt
        Content-Disposition: attachment

        tulips, roses
        --b
        Content-Type: image/gif; name=dot.gif
        Content-Disposition: attachment
        Content-Transfer-Encoding: base64

        R0lGODlhAQABAIAAAAUEBAAAACwAAAAAAQABAAACAkQBADs=
        --b--
        """;
}
