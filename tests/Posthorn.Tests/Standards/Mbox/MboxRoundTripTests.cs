using System.Globalization;
using System.Text;
using Posthorn.Corpus;
using Posthorn.Standards.Mbox;

namespace Posthorn.Tests.Standards.Mbox;

public sealed class MboxRoundTripTests
{
    private static readonly DateTimeOffset Date = new(2024, 3, 4, 8, 0, 5, TimeSpan.Zero);
    private static readonly string[][] FlagSets = [[], [@"\Seen"], [@"\Seen", @"\Answered", "work"], [@"\Flagged", @"\Draft", "$Forwarded", "later"], [@"\Deleted"]];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1 << 20)]
    [InlineData(7)]
    public async Task The_whole_corpus_comes_back_octet_for_octet_but_for_line_ends(int step)
    {
        using var file = await WriteCorpusAsync();
        var reader = new MboxReader(new SlowStream(file, step));
        int number = 0;
        await foreach (var message in reader.ReadAsync(Cancel))
        {
            var mail = SampleMail.All[number];
            Assert.Equal(Lines(mail.ReadOctets()), Encoding.Latin1.GetString(await ReadAsync(message.Content)));
            Assert.Equal(FlagSets[number % FlagSets.Length], message.Flags);
            Assert.Equal(Uidl(number), message.Uidl);
            Assert.Equal(Date.AddHours(number), message.Date);
            Assert.Equal($"sender{number}@example.org", message.Sender);
            number++;
        }
        Assert.Equal(SampleMail.All.Count, number);
    }

    [Fact]
    public async Task Reading_goes_on_at_the_offset_of_any_message()
    {
        using var file = await WriteCorpusAsync();
        var offsets = new List<long>();
        await foreach (var message in new MboxReader(file).ReadAsync(Cancel))
        {
            offsets.Add(message.Offset);
        }
        Assert.Equal(SampleMail.All.Count, offsets.Count);
        for (int number = 0; number < offsets.Count; number++)
        {
            await foreach (var message in new MboxReader(file, MboxVariant.Rd, offsets[number]).ReadAsync(Cancel))
            {
                Assert.Equal(offsets[number], message.Offset);
                Assert.Equal($"sender{number}@example.org", message.Sender);
                Assert.Equal(Lines(SampleMail.All[number].ReadOctets()), Encoding.Latin1.GetString(await ReadAsync(message.Content)));
                break;
            }
        }
    }

    [Fact]
    public async Task A_message_read_in_part_does_not_disturb_the_next()
    {
        using var file = await WriteCorpusAsync();
        int number = 0;
        await foreach (var message in new MboxReader(file).ReadAsync(Cancel))
        {
            Assert.Equal($"sender{number}@example.org", message.Sender);
            await message.Content.ReadAtLeastAsync(new byte[number % 50], number % 50, throwOnEndOfStream: false, Cancel);
            number++;
        }
        Assert.Equal(SampleMail.All.Count, number);
    }

    [Fact]
    public async Task Exports_are_the_same_after_import()
    {
        // A bare CR before a line end reads as CRLF the next time, and loses its CR then.
        SampleMail[] corpus = [.. SampleMail.All.Where(mail => !Lines(mail.ReadOctets()).Contains("\r\n", StringComparison.Ordinal))];
        using var first = await WriteAsync(corpus);
        using var second = new MemoryStream();
        var writer = new MboxWriter(second);
        await foreach (var message in new MboxReader(first).ReadAsync(Cancel))
        {
            await writer.WriteAsync(message.Sender, message.Date!.Value, message.Flags, message.Uidl, message.Content, Cancel);
        }
        Assert.Equal(Encoding.Latin1.GetString(first.ToArray()), Encoding.Latin1.GetString(second.ToArray()));
    }

    private static Task<MemoryStream> WriteCorpusAsync() => WriteAsync(SampleMail.All);

    private static async Task<MemoryStream> WriteAsync(IReadOnlyList<SampleMail> corpus)
    {
        var file = new MemoryStream();
        var writer = new MboxWriter(file);
        int number = 0;
        foreach (var mail in corpus)
        {
            // Reads of odd size put every state of the writer on a border.
            using var content = new SlowStream(new MemoryStream(mail.ReadOctets()), (number % 13) + 1);
            await writer.WriteAsync($"sender{number}@example.org", Date.AddHours(number), FlagSets[number % FlagSets.Length], Uidl(number), content, Cancel);
            number++;
        }
        file.Position = 0;
        return file;
    }

    private static string Uidl(int number) => number.ToString("x16", CultureInfo.InvariantCulture);

    private static async Task<byte[]> ReadAsync(Stream content)
    {
        using var octets = new MemoryStream();
        await content.CopyToAsync(octets, Cancel);
        return octets.ToArray();
    }

    private static string Lines(byte[] octets)
    {
        string text = Encoding.Latin1.GetString(octets).Replace("\r\n", "\n", StringComparison.Ordinal);
        return text.Length == 0 || text.EndsWith('\n') ? text : text + "\n";
    }
}
