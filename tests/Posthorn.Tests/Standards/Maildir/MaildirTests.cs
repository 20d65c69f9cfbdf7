using System.Globalization;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Posthorn.Corpus;
using Posthorn.Standards.Maildir;

namespace Posthorn.Tests.Standards.Maildir;

public sealed class MaildirTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 5, 17, 9, 30, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Received = new(2024, 3, 4, 8, 0, 5, TimeSpan.Zero);
    private static readonly string[][] FlagSets = [[], [@"\Seen"], [@"\Answered", @"\Seen", "work"], [@"\Draft", @"\Flagged", "$Forwarded", "later"], [@"\Deleted"]];

    private readonly string _root = Directory.CreateTempSubdirectory("posthorn-maildir-").FullName;
    private readonly List<string> _synced = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task The_whole_corpus_comes_back_octet_for_octet()
    {
        var writer = Writer();
        int number = 0;
        foreach (var mail in SampleMail.All)
        {
            var (_, lost) = await writer.WriteAsync(number % 2 == 0 ? "INBOX" : "Work/Café", new MemoryStream(mail.ReadOctets()), FlagSets[number % FlagSets.Length], Uidl(number), Received.AddHours(number), Cancel);
            Assert.Empty(lost);
            number++;
        }
        var folders = Reader().Folders();
        Assert.Equal(["INBOX", "Work/Café"], folders.Select(folder => folder.Name));
        for (int start = 0; start < 2; start++)
        {
            number = start;
            await foreach (var message in MaildirReader.MessagesAsync(folders[start], null, Cancel))
            {
                byte[] octets = SampleMail.All[number].ReadOctets();
                using var content = new MemoryStream();
                await using var file = message.Open();
                await file.CopyToAsync(content, Cancel);
                Assert.True(octets.AsSpan().SequenceEqual(content.ToArray()), SampleMail.All[number].ToString());
                Assert.Equal(octets.Length, message.Size);
                Assert.Equal(FlagSets[number % FlagSets.Length].Order(StringComparer.Ordinal), message.Flags.Order(StringComparer.Ordinal));
                Assert.Equal(Uidl(number), message.Uidl);
                Assert.Equal(Received.AddHours(number), message.Received);
                number += 2;
            }
            Assert.InRange(number, SampleMail.All.Count, SampleMail.All.Count + 1);
        }
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_root, "tmp")));
        Assert.Contains(Path.Combine(_root, "cur"), _synced);
    }

    [Fact]
    public async Task An_import_goes_on_behind_a_name_even_when_flags_changed()
    {
        string cur = MakeFolder(_root);
        foreach (string name in (string[])["1709535602.b", "1709535601.a:2,S", "1709535603.c:2,FS"])
        {
            await File.WriteAllTextAsync(Path.Combine(cur, name), "x", Cancel);
        }
        Assert.Equal(["1709535601.a", "1709535602.b", "1709535603.c"], await NamesAsync(null));
        File.Move(Path.Combine(cur, "1709535601.a:2,S"), Path.Combine(cur, "1709535601.a:2,RST"));
        Assert.Equal(["1709535602.b", "1709535603.c"], await NamesAsync("1709535601.a"));
        Assert.Empty(await NamesAsync("1709535603.c"));
    }

    [Theory]
    [InlineData("1.a", "")]
    [InlineData("1.a:2,", "")]
    [InlineData("1.a,S=5,W=6:2,DFPRST", @"\Draft \Flagged $Forwarded \Answered \Seen \Deleted")]
    [InlineData("1.a;2,S", @"\Seen")]
    [InlineData("1.a!2,S", @"\Seen")]
    [InlineData("1.a:2,SSSab", @"\Seen work later")]
    [InlineData("1.a:2,Sz9?", @"\Seen")]
    [InlineData("1.a:2,S,extra=F", @"\Seen")]
    [InlineData("1.a:1,S", "")]
    [InlineData("no-number:2,F", @"\Flagged")]
    public async Task Flags_stand_in_the_name(string name, string flags)
    {
        string cur = MakeFolder(_root);
        await File.WriteAllTextAsync(Path.Combine(cur, name), "x", Cancel);
        await File.WriteAllTextAsync(Path.Combine(_root, "dovecot-keywords"), "0 work\n1 later\nbroken\n99 far\n2 bad word\n", Cancel);
        var message = Assert.Single(await ListAsync(Reader().Folders()[0]));
        Assert.Equal(flags, string.Join(' ', message.Flags));
    }

    [Fact]
    public async Task New_mail_is_read_what_lies_in_tmp_or_is_hidden_or_a_link_is_not()
    {
        string cur = MakeFolder(_root);
        await File.WriteAllTextAsync(Path.Combine(_root, "new", "2.new"), "new", Cancel);
        await File.WriteAllTextAsync(Path.Combine(_root, "tmp", "1.tmp"), "tmp", Cancel);
        await File.WriteAllTextAsync(Path.Combine(cur, ".hidden"), "hidden", Cancel);
        File.CreateSymbolicLink(Path.Combine(cur, "3.link"), "/etc/hostname");
        Directory.CreateSymbolicLink(Path.Combine(_root, ".Loop"), _root);
        Directory.CreateSymbolicLink(Path.Combine(_root, "loop"), _root);
        Assert.Equal(["INBOX"], Reader().Folders().Select(folder => folder.Name));
        Assert.Equal(["2.new"], await NamesAsync(null));
    }

    [Fact]
    public async Task The_received_date_is_the_earlier_of_file_time_and_name()
    {
        string cur = MakeFolder(_root);
        foreach ((string name, DateTimeOffset written) in new[] { ("1709539205.a", Now), ("1809539205.b", Received), ("c", Received), ("99999999999999999999999.d", Received) })
        {
            string path = Path.Combine(cur, name);
            await File.WriteAllTextAsync(path, "x", Cancel);
            File.SetLastWriteTimeUtc(path, written.UtcDateTime);
        }
        var messages = await ListAsync(Reader().Folders()[0]);
        Assert.Equal([DateTimeOffset.FromUnixTimeSeconds(1709539205), Received, Received, Received], messages.OrderBy(message => message.UniqueName, StringComparer.Ordinal).Select(message => message.Received));
    }

    [Fact]
    public void Folders_of_both_layouts_are_found()
    {
        foreach (string folder in (string[])["", ".Sent", ".Work.Caf&AOk-", ".Work.v1&AC4-2", ".Entwürfe", ".R&D", "Nested", "Nested/Deep/er", "Nested/&U,BTFw-", "cur-riculum", ".Work"])
        {
            MakeFolder(Path.Combine(_root, folder));
        }
        Directory.CreateDirectory(Path.Combine(_root, "no-mail-here"));
        Directory.CreateDirectory(Path.Combine(_root, ".git"));
        Assert.Equal(["INBOX", "Entwürfe", "Nested", "Nested/Deep/er", "Nested/台北", "R&D", "Sent", "Work", "Work/Café", "Work/v1.2", "cur-riculum"],
            Reader().Folders().OrderBy(folder => folder.Name != "INBOX").ThenBy(folder => folder.Name, StringComparer.Ordinal).Select(folder => folder.Name));
    }

    [Fact]
    public void Two_folders_of_one_name_are_both_read()
    {
        MakeFolder(Path.Combine(_root, ".Sent"));
        MakeFolder(Path.Combine(_root, "Sent"));
        var folders = Reader().Folders();
        Assert.Equal(["Sent", "Sent (2)"], folders.Select(folder => folder.Name));
        Assert.Equal(2, folders.Select(folder => folder.Path).Distinct().Count());
    }

    [Theory]
    [InlineData("INBOX", "")]
    [InlineData("Sent", ".Sent")]
    [InlineData("Work/Café", ".Work.Caf&AOk-")]
    [InlineData("v1.2/R&D", ".v1&AC4-2.R&-D")]
    [InlineData("../../etc", ".&AC4-&AC4-.&AC4-&AC4-.etc")]
    [InlineData("é.è", ".&AOk-&AC4-&AOg-")]
    public async Task Folder_names_are_written_and_read_back(string name, string path)
    {
        var (file, _) = await Writer().WriteAsync(name, new MemoryStream("x"u8.ToArray()), [], "", Received, Cancel);
        Assert.Equal(Path.Combine(_root, path, "cur"), Path.GetDirectoryName(file));
        Assert.Contains(Reader().Folders(), folder => folder.Name == name);
    }

    [Theory]
    [InlineData("я", 120)]
    [InlineData("😀/", 60)]
    [InlineData("v1.2 & more/", 40)]
    public async Task Folder_names_that_are_too_long_for_a_file_are_cut_and_told_apart(string part, int times)
    {
        var writer = Writer();
        string lengthy = string.Concat(Enumerable.Repeat(part, times));
        string[] names = [lengthy + "1", lengthy + "2", part.TrimEnd('/')];
        string[] written = [await writer.CreateFolderAsync(names[0], Cancel), await writer.CreateFolderAsync(names[1], Cancel), await writer.CreateFolderAsync(names[2], Cancel)];
        Assert.Equal(3, written.Distinct().Count());
        Assert.Equal(names[2], written[2]);
        Assert.StartsWith(written[0], lengthy, StringComparison.Ordinal);
        Assert.EndsWith(" (2)", written[1], StringComparison.Ordinal);
        await writer.WriteAsync(names[1], new MemoryStream("x"u8.ToArray()), [], "", Received, Cancel);
        var folders = Reader().Folders();
        Assert.Equal(written.Order(StringComparer.Ordinal), folders.Select(folder => folder.Name).Where(name => name != "INBOX").Order(StringComparer.Ordinal));
        Assert.Single(await ListAsync(folders.Single(folder => folder.Name == written[1])));
    }

    [Fact]
    public async Task A_keyword_without_a_letter_left_is_told()
    {
        var writer = Writer();
        string[] keywords = [.. Enumerable.Range(0, 30).Select(number => $"word{number}")];
        var (path, lost) = await writer.WriteAsync("INBOX", Stream.Null, [.. keywords, "not a keyword", @"\Recent"], "", Received, Cancel);
        Assert.Equal(["word26", "word27", "word28", "word29", "not a keyword", @"\Recent"], lost);
        Assert.EndsWith(",S=0:2,abcdefghijklmnopqrstuvwxyz", path, StringComparison.Ordinal);
        Assert.Equal(keywords[..26], Assert.Single(await ListAsync(Reader().Folders()[0])).Flags);
        // A second writer finds the letters that are taken.
        var (second, _) = await Writer().WriteAsync("INBOX", Stream.Null, ["word7"], "", Received, Cancel);
        Assert.EndsWith(":2,h", second, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_that_breaks_off_leaves_nothing_behind()
    {
        await Assert.ThrowsAsync<IOException>(async () => await Writer().WriteAsync("INBOX", new BreakingStream(), [@"\Seen"], "", Received, Cancel));
        Assert.Empty(Directory.EnumerateFiles(_root, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Thirty_mebibytes_are_copied_in_little_memory()
    {
        const int Size = 30 * 1024 * 1024;
        var source = new ReadSizes(SampleMail.Large(Size));
        var (path, _) = await Writer().WriteAsync("INBOX", source, [], "", Received, Cancel);
        Assert.InRange(source.Largest, 1, 256 * 1024);
        Assert.Equal(Size, new FileInfo(path).Length);
        Assert.Contains($",S={Size}:2,", path, StringComparison.Ordinal);
        var message = Assert.Single(await ListAsync(Reader().Folders()[0]));
        await using var file = message.Open();
        byte[] buffer = new byte[1500];
        long size = 0;
        while (await file.ReadAsync(buffer, Cancel) is var count and > 0)
        {
            size += count;
        }
        Assert.Equal(Size, size);
    }

    private MaildirWriter Writer() => new(_root, new FakeTimeProvider(Now), _synced.Add);

    private static string Uidl(int number) => number.ToString("x16", CultureInfo.InvariantCulture);

    private MaildirReader Reader() => new(_root);

    private async Task<List<string>> NamesAsync(string? after) => [.. (await ListAsync(Reader().Folders()[0], after)).Select(message => message.UniqueName)];

    private static async Task<List<MaildirMessage>> ListAsync(MaildirFolder folder, string? after = null)
    {
        var messages = new List<MaildirMessage>();
        await foreach (var message in MaildirReader.MessagesAsync(folder, after, Cancel))
        {
            messages.Add(message);
        }
        return messages;
    }

    private static string MakeFolder(string path)
    {
        foreach (string part in (string[])["cur", "new", "tmp"])
        {
            Directory.CreateDirectory(Path.Combine(path, part));
        }
        return Path.Combine(path, "cur");
    }

    /// <summary>Remembers the largest buffer anyone read into.</summary>
    private sealed class ReadSizes(Stream source) : Stream
    {
        public int Largest { get; private set; }

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            Largest = Math.Max(Largest, count);
            return source.Read(buffer, offset, count);
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Largest = Math.Max(Largest, buffer.Length);
            return new(source.Read(buffer.Span));
        }

        public override void Flush() { }
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }

    private sealed class BreakingStream : MemoryStream
    {
        public BreakingStream() : base(Encoding.ASCII.GetBytes("Subject: half")) { }

        public override Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken)
        {
            destination.Write("Subject: half"u8);
            throw new IOException("broken off");
        }
    }
}
