using System.Globalization;
using Posthorn.Corpus;
using Posthorn.ProtocolTests.Dialogs;
using Posthorn.Standards.Mime;

namespace Posthorn.ProtocolTests.Imap;

/// <summary>No message is unreadable because it is malformed: each of the corpus, in every form of section and cut anywhere, as octets on the wire.</summary>
public sealed class EverySectionTests
{
    /// <summary>Parts of one message that are asked for: some of the corpus have hundreds.</summary>
    private const int MostParts = 16;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_section_of_every_message_of_the_corpus_is_given_and_fits_the_message()
    {
        await using ServerFixture server = await ServerFixture.StartAsync();
        await using LiteralClient client = await LiteralClient.SignInAsync(server);
        int number = 0;
        foreach (SampleMail sample in SampleMail.All.Where(sample => new FileInfo(sample.Path).Length > 0))
        {
            byte[] octets = sample.ReadOctets();
            await client.AppendAsync(octets);
            try
            {
                await ReadAsync(client, ++number, octets);
            }
            catch (Exception fault) when (fault is not OperationCanceledException)
            {
                throw new InvalidOperationException($"{sample}: {fault.Message}", fault);
            }
        }

        Assert.True(number > 500);
    }

    private static async Task ReadAsync(LiteralClient client, int number, byte[] octets)
    {
        Assert.Equal(octets, await client.SectionAsync(number, "BODY.PEEK[]"));
        byte[] header = await client.SectionAsync(number, "BODY.PEEK[HEADER]") ?? [], text = await client.SectionAsync(number, "BODY.PEEK[TEXT]") ?? [];
        Assert.Equal(octets, (byte[])[.. header, .. text]);
        Assert.NotNull(await client.SectionAsync(number, "BODY.PEEK[HEADER.FIELDS (From To Subject Date)]"));
        Assert.NotNull(await client.SectionAsync(number, "BODY.PEEK[HEADER.FIELDS.NOT (From To Subject Date)]"));
        string everything = await client.AskAsync($"FETCH {number} (ENVELOPE BODY BODYSTRUCTURE RFC822.SIZE INTERNALDATE PREVIEW UID FLAGS)");
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"RFC822.SIZE {octets.Length} "), everything, StringComparison.Ordinal);

        foreach (string part in Parts(octets).Take(MostParts))
        {
            byte[]? whole = await client.SectionAsync(number, $"BODY.PEEK[{part}]");
            Assert.NotNull(whole);
            Assert.True(octets.AsSpan().IndexOf(whole) >= 0, $"Part {part} is a piece of the message.");
            await CutAsync(client, number, $"BODY.PEEK[{part}]", whole);
            foreach (string form in (string[])["MIME", "HEADER", "TEXT", "HEADER.FIELDS (Subject)", "HEADER.FIELDS.NOT (Subject)"])
            {
                // NIL where the part is no message, octets where it is one: an answer in any case.
                await client.SectionAsync(number, $"BODY.PEEK[{part}.{form}]");
            }

            await client.AskAsync($"FETCH {number} (BINARY.SIZE[{part}])", mayRefuse: true);
            await client.AskAsync($"FETCH {number} (BINARY.PEEK[{part}])", mayRefuse: true);
        }

        await CutAsync(client, number, "BODY.PEEK[]", octets);
        Assert.Null(await client.SectionAsync(number, "BODY.PEEK[999]"));
        Assert.Null(await client.SectionAsync(number, "BODY.PEEK[1.2.3.4.5.6.7.8.9.10.11.12]"));
    }

    /// <summary>Partials at the start, in the middle, over the end and behind it.</summary>
    private static async Task CutAsync(LiteralClient client, int number, string section, byte[] whole)
    {
        foreach ((int from, int length) in ((int, int)[])[(0, 1), (whole.Length / 2, 7), (Math.Max(0, whole.Length - 3), 100), (whole.Length + 5, 10)])
        {
            byte[] expected = whole.AsSpan(Math.Min(from, whole.Length), Math.Min(length, whole.Length - Math.Min(from, whole.Length))).ToArray();
            Assert.Equal(expected, await client.SectionAsync(number, $"{section}<{from}.{length}>"));
        }
    }

    /// <summary>Numbers of all parts, as the structure has them.</summary>
    private static IEnumerable<string> Parts(byte[] octets)
    {
        BodyStructure structure = BodyStructure.Parse(octets);
        var open = new Queue<int[]>();
        open.Enqueue([1]);
        while (open.TryDequeue(out int[]? part))
        {
            if (structure.TryFind(part, SectionText.Whole, out _))
            {
                yield return string.Join('.', part);
                open.Enqueue([.. part[..^1], part[^1] + 1]);
                open.Enqueue([.. part, 1]);
            }
        }
    }
}
