using System.IO.Pipelines;
using System.Text;
using MimeKit;
using Posthorn.Core.Bodies;
using Posthorn.Server.Connections;
using Posthorn.Server.Imap;
using Posthorn.Server.Pop3;
using Posthorn.Server.Smtp;
using Posthorn.Server.Smtp.Grammar;
using Posthorn.Standards;
using Posthorn.Standards.Dkim;
using Posthorn.Standards.Dmarc;
using Posthorn.Standards.Imap;
using Posthorn.Standards.Mbox;
using Posthorn.Standards.Mime;
using Posthorn.Standards.Sasl;
using Posthorn.Standards.Smtp;
using Posthorn.Standards.Spf;
using Posthorn.Web.Mail;

namespace Posthorn.Fuzz;

/// <summary>All parsers that read what strangers send.</summary>
internal static class Targets
{
    private static readonly string[] Names = ["Subject", "From", "X-Other"];

    public static readonly IReadOnlyList<Target> All =
    [
        new("imap", Imap, static failure => failure is ImapSyntaxException),
        new("imap-frames", ImapFrames, Nothing),
        new("smtp", Smtp, static failure => failure is SmtpSyntaxException),
        new("pop3", Pop3, static failure => failure is Pop3SyntaxException),
        new("message", Message, Nothing),
        new("header", Header, Nothing),
        new("mbox", Mbox, Nothing),
        new("dkim", Dkim, Nothing),
        new("spf", Spf, Nothing),
        new("dmarc", static octets => DmarcRecord.Parse(Text(octets)), Nothing),
        new("address", Address, Nothing),
        new("sasl", Sasl, Nothing),
        new("html", Html, Nothing),
    ];

    /// <summary>HTML of a message, as the web shows it: nothing that acts is left.</summary>
    private static void Html(byte[] octets)
    {
        using var message = new MimeMessage();
        message.Body = new TextPart("html") { Text = Text(octets) };
        string body = HtmlDocument.Of(message).Split("<body>", 2)[1];
        foreach (string act in (string[])["<script", "<style", "<iframe", "<form", "<meta", "<base", "<svg", "<link"])
        {
            if (body.Contains(act, StringComparison.OrdinalIgnoreCase))
            {
                throw new InvalidOperationException($"{act} is left.");
            }
        }
    }

    private static bool Nothing(Exception failure) => false;

    private static string Text(byte[] octets) => Encoding.Latin1.GetString(octets);

    /// <summary>A line names its command; every grammar reads it in both dialects.</summary>
    private static void Imap(byte[] octets)
    {
        string line = Text(octets);
        foreach (ImapCommandRow row in ImapCommandTable.Rows)
        {
            if (line.StartsWith(row.Name, StringComparison.OrdinalIgnoreCase))
            {
                Parse(row, octets, ImapDialect.None);
                Parse(row, octets, ImapDialect.Imap4Rev2);
            }
        }
    }

    private static void Parse(ImapCommandRow row, byte[] octets, ImapDialect dialect)
    {
        var reader = new ImapReader(octets.AsSpan(row.Name.Length), dialect);
        row.Parse(ref reader);
        reader.End();
    }

    /// <summary>Octets of a connection: cut into commands and message literals, none of them longer than it may be.</summary>
    private static void ImapFrames(byte[] octets)
    {
        CutAsync(octets).GetAwaiter().GetResult();

        static async Task CutAsync(byte[] octets)
        {
            const int MaxBytes = 4_096;
            var options = new PipeOptions(pauseWriterThreshold: 0);
            Pipe client = new(options), server = new(options);
            using var input = new ConnectionInput(client.Reader, TimeProvider.System);
            var reader = new ImapCommandReader(input, new ImapResponseWriter(server.Writer), new ImapLimits { MaxDiscardBytes = MaxBytes }, TimeProvider.System);
            await client.Writer.WriteAsync(octets.AsMemory(0, octets.Length / 2));
            await client.Writer.WriteAsync(octets.AsMemory(octets.Length / 2));
            await client.Writer.CompleteAsync();
            ImapFrameStatus status = ImapFrameStatus.Command;
            while (status == ImapFrameStatus.Command)
            {
                ImapFrame frame = await reader.ReadAsync(MaxBytes, TimeSpan.FromMinutes(1), CancellationToken.None);
                status = frame.Status;
                if (frame.Bytes.Length > MaxBytes)
                {
                    throw new InvalidOperationException("A command is longer than it may be.");
                }

                if (frame.Message is { } literal)
                {
                    status = await reader.SkipLiteralAsync(literal, CancellationToken.None);
                }
            }
        }
    }

    private static void Smtp(byte[] octets)
    {
        var reader = new SmtpReader(octets);
        SmtpCommandTable.Find(reader.Verb())?.Parse(ref reader);
    }

    private static void Pop3(byte[] octets)
    {
        Pop3Arguments arguments = Pop3Arguments.Read(octets, out ReadOnlySpan<byte> keyword);
        Pop3CommandTable.Find(keyword)?.Parse(arguments);
    }

    /// <summary>What delivery reads of a message, and what SEARCH and FETCH make of it; the stored form reads back.</summary>
    private static void Message(byte[] octets)
    {
        MessageMetadata metadata = MessageMetadata.Read(octets);
        BodyStructure structure = BodyStructure.Read(metadata.Structure) ?? throw new InvalidOperationException("The stored structure does not read back.");
        structure.WriteBodyStructure(new System.Buffers.ArrayBufferWriter<byte>());
        for (int index = 0; index < structure.Count; index++)
        {
            OctetRange range = structure[index].Body;
            if (range.Start < 0 || range.Length < 0 || range.Start + range.Length > octets.Length)
            {
                throw new InvalidOperationException("A part lies outside of its message.");
            }
        }

        foreach (string _ in TextExtractor.ReadBody(structure, new MessageOctets(octets), 64).Take(10_000))
        {
            // Reading is the test.
        }
    }

    private static void Header(byte[] octets)
    {
        MessageEnvelope.ToImapBytes(octets);
        MessageSummary.Read(octets);
        new HeaderBlock(octets).WriteFields(new System.Buffers.ArrayBufferWriter<byte>(), Names, others: true);
        AuthenticationResults.FindClaims(octets, ["mx.example.test"]);
    }

    private static void Mbox(byte[] octets)
    {
        using var stream = new MemoryStream(octets);
        ReadAsync(stream).GetAwaiter().GetResult();

        static async Task ReadAsync(Stream stream)
        {
            await foreach (MboxMessage message in new MboxReader(stream).ReadAsync(CancellationToken.None))
            {
                await message.Content.CopyToAsync(Stream.Null);
            }
        }
    }

    private static void Dkim(byte[] octets)
    {
        string text = Text(octets);
        if (DkimTagList.TryParse(text, out DkimTagList? tags))
        {
            DkimSignature.TryRead(tags, out _, out _);
        }

        if (DkimPublicKey.TryParse(text, out DkimPublicKey? key, out _))
        {
            key.Dispose();
        }
    }

    private static void Spf(byte[] octets)
    {
        if (SpfRecord.IsOne(Text(octets)))
        {
            SpfRecord.Parse(Text(octets));
        }
    }

    private static void Address(byte[] octets)
    {
        if (EmailAddress.TryParse(octets, out EmailAddress? address) && !EmailAddress.TryParse(address.ToString(), out _))
        {
            throw new InvalidOperationException("An address does not read back.");
        }

        if (ModifiedUtf7.TryDecode(Text(octets), out string name) && (!ModifiedUtf7.TryDecode(ModifiedUtf7.Encode(name), out string again) || again != name))
        {
            throw new InvalidOperationException("A mailbox name does not read back.");
        }
    }

    /// <summary>Each line is what the client says next.</summary>
    private static void Sasl(byte[] octets)
    {
        foreach (string mechanism in SaslMechanisms.Offered(new byte[32]))
        {
            ISaslExchange exchange = SaslMechanisms.Start(Encoding.ASCII.GetBytes(mechanism), new byte[32])!;
            SaslStep step = exchange.Begin();
            foreach (string line in Text(octets).Split('\n'))
            {
                if (step is SaslStep.NeedKeys or SaslStep.Failed or SaslStep.Succeeded or SaslStep.CheckPassword)
                {
                    break;
                }

                step = exchange.Next(Encoding.Latin1.GetBytes(line));
            }
        }
    }
}
