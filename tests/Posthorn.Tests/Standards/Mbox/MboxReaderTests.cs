using System.Text;
using Posthorn.Corpus;
using Posthorn.Standards.Mbox;

namespace Posthorn.Tests.Standards.Mbox;

public sealed class MboxReaderTests
{
    private const string From = "From friend@example.test Mon Mar  4 08:00:00 2024\n";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("")]
    [InlineData("\n\n\r\n")]
    public async Task A_file_without_messages_has_none(string file) => Assert.Empty(await ContentsAsync(file));

    [Theory]
    [InlineData("From a@b Mon Mar  4 08:00:00 2024", "a@b", "2024-03-04T08:00:00+00:00")]
    [InlineData("From - Mon Mar 04 08:00:00 2024", "-", "2024-03-04T08:00:00+00:00")]
    [InlineData("From 1790@xxx Mon Mar 04 08:00:00 +0000 2024", "1790@xxx", "2024-03-04T08:00:00+00:00")]
    [InlineData("From a@b Mon Mar  4 08:00:00 2024 -0530", "a@b", "2024-03-04T08:00:00-05:30")]
    [InlineData("From a@b Mon Mar  4 08:00 2024", "a@b", "2024-03-04T08:00:00+00:00")]
    [InlineData("From a@b Mon Mar  4 08:00:60 CET 2024", "a@b", "2024-03-04T08:00:59+00:00")]
    [InlineData("From a@b Mon, 4 Mar 2024 08:00:00 +0100", "a@b", "2024-03-04T08:00:00+01:00")]
    [InlineData("From \"a b\"@c Mon Mar  4 08:00:00 2024 remote from x", "\"a b\"@c", "2024-03-04T08:00:00+00:00")]
    [InlineData("From  Mon Mar  4 08:00:00 2024", "", "2024-03-04T08:00:00+00:00")]
    public async Task Sender_and_date_of_the_ways_to_write_them(string line, string sender, string date)
    {
        // Twice: as the first line of the file and as a separator.
        var messages = await ReadAsync($"{line}\nSubject: 1\n\n1\n\n{line}\r\nSubject: 2\n\n2\n", MboxVariant.Rd);
        Assert.Equal(2, messages.Count);
        Assert.All(messages, message => Assert.Equal((sender, DateTimeOffset.Parse(date, System.Globalization.CultureInfo.InvariantCulture)), (message.Sender, message.Date)));
    }

    [Theory]
    [InlineData("From MAILER-DAEMON Fri Jul  8 11111111112:08:34 2011")]
    [InlineData("From now on we meet at seven.")]
    [InlineData("From Mon to Fri")]
    [InlineData("From a@b Mon Mar 32 08:00:00 2024")]
    [InlineData("From a@b Mon Mar 4 28:00:00 2024")]
    [InlineData("From a@b Mon Mar 4 08:00:00 99999999999")]
    [InlineData("From a@b Mon Mar 4 08:00:00 0")]
    [InlineData("From a@b")]
    [InlineData("From ")]
    public async Task A_line_without_a_date_separates_nothing(string line) =>
        Assert.Equal([$"Subject: x\n\ntext\n\n{line}\nmore\n"], await ContentsAsync($"{From}Subject: x\n\ntext\n\n{line}\nmore\n\n"));

    [Fact]
    public async Task A_From_line_right_behind_text_separates_nothing() =>
        Assert.Equal([$"Subject: x\n\ntext\n{From}more\n"], await ContentsAsync($"{From}Subject: x\n\ntext\n{From}more\n\n"));

    [Fact]
    public async Task The_first_line_needs_no_date_and_junk_before_is_no_loss()
    {
        var messages = await ReadAsync($"no mbox at all\n\n{From}Subject: x\n\ntext", MboxVariant.Rd);
        Assert.Equal([false, true], messages.Select(message => message.HasFromLine));
        Assert.Equal(["no mbox at all\n", "Subject: x\n\ntext"], messages.Select(message => message.Content));
        Assert.Equal(["Subject: y\n"], await ContentsAsync("From somebody\nSubject: y\n\n"));
    }

    [Theory]
    [InlineData(MboxVariant.Rd, "From 1\n>From 2\n>>From 3\n> From\n>Fro\n>")]
    [InlineData(MboxVariant.O, "From 1\n>>From 2\n>>>From 3\n> From\n>Fro\n>")]
    [InlineData(MboxVariant.Cl2, ">From 1\n>>From 2\n>>>From 3\n> From\n>Fro\n>")]
    public async Task Quoting_is_taken_off_as_the_variant_says(MboxVariant variant, string expected)
    {
        var messages = await ReadAsync($"{From}\n>From 1\n>>From 2\n>>>From 3\n> From\n>Fro\n>", variant);
        Assert.Equal("\n" + expected, Assert.Single(messages).Content);
    }

    [Theory]
    [InlineData(MboxVariant.Cl, true)]
    [InlineData(MboxVariant.Cl2, true)]
    [InlineData(MboxVariant.Rd, false)]
    public async Task Content_length_rules_where_the_variant_has_it(MboxVariant variant, bool counts)
    {
        string body = $"text\n\n{From}in the body\n";
        var messages = await ReadAsync($"{From}Content-Length: {body.Length}\n\n{body}\n{From}Subject: next\n\n", variant);
        Assert.Equal(counts ? 2 : 3, messages.Count);
        Assert.Equal("Subject: next\n", messages[^1].Content);
        if (counts)
        {
            Assert.Equal($"Content-Length: {body.Length}\n\n{body}", messages[0].Content);
        }
    }

    [Theory]
    [InlineData("0")]
    [InlineData("3")]
    [InlineData("40")]
    [InlineData("999999999999")]
    [InlineData("-1")]
    [InlineData("9223372036854775807")]
    [InlineData("five")]
    public async Task A_content_length_the_file_disagrees_with_is_passed_over(string length) =>
        Assert.Equal([$"Content-Length: {length}\n\ntext\n", "Subject: next\n\nmore\n"],
            (await ReadAsync($"{From}Content-Length: {length}\n\ntext\n\n{From}Subject: next\n\nmore\n\n", MboxVariant.Cl)).Select(message => message.Content));

    [Theory]
    [InlineData("Status: RO\n", @"\Seen")]
    [InlineData("Status: O\n", "")]
    [InlineData("Subject: x\nstatus: R\nX-Status: AF\n", @"\Seen \Answered \Flagged")]
    [InlineData("X-Status: DT\r\n", @"\Deleted \Draft")]
    [InlineData("X-Keywords:  work  later (bad) work\n", "work later")]
    [InlineData("X-Mozilla-Status: 0007\n", @"\Seen \Answered \Flagged")]
    [InlineData("X-Mozilla-Status: zz\n", "")]
    [InlineData("\nStatus: RO\n", "")]
    public async Task Flags_come_from_the_status_fields_which_stay_where_they_were(string header, string flags)
    {
        var message = Assert.Single(await ReadAsync($"{From}{header}\ntext\n\n", MboxVariant.Rd));
        Assert.Equal(flags, string.Join(' ', message.Flags));
        Assert.Equal($"{header}\ntext\n", message.Content);
    }

    [Fact]
    public async Task An_id_of_POP3_is_believed_only_where_an_export_wrote_it()
    {
        const string Own = "Status: O\nX-Status: \nX-Keywords: \nX-UIDL: 0123456789abcdef\n", Foreign = "X-UIDL: 0123456789abcdef\nSubject: x\n";
        using var file = new MemoryStream(Encoding.ASCII.GetBytes($"{From}{Own}\ntext\n\n{From}{Foreign}\ntext\n\n"));
        var ids = new List<string>();
        await foreach (MboxMessage message in new MboxReader(file).ReadAsync(TestContext.Current.CancellationToken))
        {
            ids.Add(message.Uidl);
        }

        Assert.Equal(["0123456789abcdef", ""], ids);
    }

    [Fact]
    public async Task CRLF_files_keep_their_line_ends()
    {
        string from = From.Replace("\n", "\r\n", StringComparison.Ordinal);
        Assert.Equal(["A: 1\r\n\r\ntext\r\n\r\n\r\n", "B: 2\r\n\r\n\r\n", "\r\r\n"], await ContentsAsync($"{from}A: 1\r\n\r\ntext\r\n\r\n\r\n\r\n{from}B: 2\r\n\r\n\r\n\r\n{from}\r\r\n\r\n"));
    }

    [Fact]
    public async Task Long_runs_and_long_lines_do_not_matter()
    {
        string run = new('>', 700_000), line = "From " + new string('x', 700_000);
        Assert.Equal([$"\n{run}From x\n{run}\n\n{line}\n"], await ContentsAsync($"{From}\n>{run}From x\n{run}\n\n{line}\n\n"));
    }

    [Fact]
    public async Task Thirty_mebibytes_go_through_small_reads_in_little_memory()
    {
        const int Size = 30 * 1024 * 1024;
        using var chain = new ChainedStream(Encoding.ASCII.GetBytes(From), SampleMail.Large(Size), Encoding.ASCII.GetBytes("\n" + From + "Subject: next\n\n"));
        var reader = new MboxReader(new SlowStream(chain, 4000));
        var sizes = new List<long>();
        byte[] buffer = new byte[1500];
        long before = GC.GetAllocatedBytesForCurrentThread();
        await foreach (var message in reader.ReadAsync(Cancel))
        {
            long size = 0;
            while (await message.Content.ReadAsync(buffer, Cancel) is var count and > 0)
            {
                size += count;
            }
            sizes.Add(size);
        }
        // Every read completes at once, so all of it happens on this thread.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 * 1024 * 1024);
        Assert.Equal([Size, 14], sizes);
    }

    private sealed record Read(string Sender, DateTimeOffset? Date, bool HasFromLine, IReadOnlyList<string> Flags, string Content);

    private static async Task<List<string>> ContentsAsync(string file) => [.. (await ReadAsync(file, MboxVariant.Rd)).Select(message => message.Content)];

    private static async Task<List<Read>> ReadAsync(string file, MboxVariant variant)
    {
        var messages = new List<Read>();
        await foreach (var message in new MboxReader(new MemoryStream(Encoding.Latin1.GetBytes(file)), variant).ReadAsync(Cancel))
        {
            using var content = new StreamReader(message.Content, Encoding.Latin1);
            messages.Add(new Read(message.Sender, message.Date, message.HasFromLine, message.Flags, await content.ReadToEndAsync(Cancel)));
        }
        return messages;
    }

    private sealed class ChainedStream(byte[] first, Stream middle, byte[] last) : Stream
    {
        private readonly Stream[] _parts = [new MemoryStream(first), middle, new MemoryStream(last)];

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            foreach (var part in _parts)
            {
                if (part.Read(buffer) is var count and > 0)
                {
                    return count;
                }
            }
            return 0;
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));

        public override void Flush() { }
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
