using System.IO.Pipelines;
using System.Text;
using Posthorn.Server.Connections;
using Posthorn.Server.Imap;

namespace Posthorn.Tests.Server.Imap;

public sealed class ImapCommandReaderTests : IDisposable
{
    private readonly Pipe _client = new();
    private readonly Pipe _server = new();
    private readonly ConnectionInput _input;
    private readonly ImapCommandReader _reader;

    public ImapCommandReaderTests()
    {
        _input = new ConnectionInput(_client.Reader, TimeProvider.System);
        _reader = new ImapCommandReader(_input, new ImapResponseWriter(_server.Writer), new ImapLimits { MaxDiscardBytes = 1_000 }, TimeProvider.System);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("a NOOP\r\nb NOOP\r\n", "a NOOP|b NOOP")]
    [InlineData("a NOOP\nb NOOP\n", "a NOOP|b NOOP")]
    [InlineData("a LOGIN {3+}\r\nx\r\n {2+}\r\nyz\r\nb NOOP\r\n", "a LOGIN {3+}\r\nx\r\n {2+}\r\nyz|b NOOP")]
    [InlineData("a LOGIN {0+}\r\n x\r\n", "a LOGIN {0+}\r\n x")]
    [InlineData("a LOGIN \"{3}\" x\r\n", "a LOGIN \"{3}\" x")]
    [InlineData("\r\na NOOP\r\n", "|a NOOP")]
    public async Task Commands_are_cut_the_same_however_they_arrive(string octets, string commands)
    {
        foreach (int size in (int[])[1, 2, 3, 7, 1_000])
        {
            using var fresh = new ImapCommandReaderTests();
            Task writing = fresh.WriteAsync(octets, size);
            foreach (string command in commands.Split('|'))
            {
                ImapFrame frame = await fresh.ReadAsync();
                Assert.Equal((ImapFrameStatus.Command, command), (frame.Status, Encoding.ASCII.GetString(frame.Bytes)));
            }

            await writing;
            Assert.Equal(ImapFrameStatus.Closed, (await fresh.ReadAsync()).Status);
        }
    }

    public static TheoryData<string> Corpus => [.. File.ReadAllLines(Repository.PathOf("tests/Posthorn.Fuzz/corpus/imap.txt"))
        .Where(line => line.Length > 0 && !line.StartsWith("APPEND", StringComparison.Ordinal) && !line.Contains("REPLACE", StringComparison.Ordinal))
        .Select(System.Text.RegularExpressions.Regex.Unescape)];

    [Theory]
    [MemberData(nameof(Corpus))]
    public async Task A_command_is_the_same_wherever_it_is_split(string command)
    {
        byte[] octets = Encoding.UTF8.GetBytes($"a {command.Replace("}\r\n", "+}\r\n", StringComparison.Ordinal)}\r\n");
        string whole = Encoding.UTF8.GetString(octets.AsSpan(0, octets.Length - 2));
        for (int at = 1; at < octets.Length; at++)
        {
            using var fresh = new ImapCommandReaderTests();
            ValueTask<ImapFrame> reading = fresh.ReadAsync();
            await fresh._client.Writer.WriteAsync(octets.AsMemory(0, at), Cancel);
            await Task.Yield();
            await fresh._client.Writer.WriteAsync(octets.AsMemory(at), Cancel);
            ImapFrame frame = await reading;
            Assert.Equal((ImapFrameStatus.Command, whole), (frame.Status, Encoding.UTF8.GetString(frame.Bytes)));
        }
    }

    [Fact]
    public async Task A_command_read_is_woken_only_while_nothing_of_a_command_is_here()
    {
        Task<ImapFrame> reading = _reader.ReadOrWakeAsync(100, TimeSpan.FromMinutes(1), Cancel).AsTask();
        _input.Wake();
        Assert.Equal(ImapFrameStatus.Woken, (await reading).Status);
        reading = _reader.ReadOrWakeAsync(100, TimeSpan.FromMinutes(1), Cancel).AsTask();
        await _client.Writer.WriteAsync("a NO"u8.ToArray(), Cancel);
        _input.Wake();
        Assert.False(reading.IsCompleted);
        await _client.Writer.WriteAsync("OP\r\n"u8.ToArray(), Cancel);
        Assert.Equal("a NOOP", Encoding.ASCII.GetString((await reading).Bytes));
    }

    [Fact]
    public async Task A_synchronizing_literal_is_asked_for()
    {
        await _client.Writer.WriteAsync("a LOGIN {1}\r\n"u8.ToArray(), Cancel);
        ValueTask<ImapFrame> reading = ReadAsync();
        ReadResult asked = await _server.Reader.ReadAsync(Cancel);
        Assert.Equal("+ OK\r\n", Encoding.ASCII.GetString(asked.Buffer));
        await _client.Writer.WriteAsync("x y\r\n"u8.ToArray(), Cancel);
        Assert.Equal("a LOGIN {1}\r\nx y", Encoding.ASCII.GetString((await reading).Bytes));
    }

    [Theory]
    [InlineData("a LOGIN {1001}\r\n")]
    [InlineData("a LOGIN {1001+}\r\n")]
    [InlineData("a LOGIN {9999999999999999999999}\r\n")]
    [InlineData("a LOGIN {900+}\r\n")]
    public async Task A_literal_over_the_limit_is_not_waited_for(string octets)
    {
        await _client.Writer.WriteAsync(Encoding.ASCII.GetBytes(octets), Cancel);
        ValueTask<ImapFrame> reading = _reader.ReadAsync(maxBytes: 900, TimeSpan.FromMinutes(1), Cancel);
        Assert.Equal(ImapFrameStatus.TooLong, (await reading).Status);
        Assert.False(_server.Reader.TryRead(out _));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_command_over_the_limit_is_too_long_with_or_without_its_end(bool ends)
    {
        await _client.Writer.WriteAsync(Encoding.ASCII.GetBytes(new string('x', 1_100) + (ends ? "\r\n" : "")), Cancel);
        Assert.Equal(ImapFrameStatus.TooLong, (await ReadAsync()).Status);
    }

    [Fact]
    public async Task The_message_of_append_stays_in_the_stream()
    {
        await _client.Writer.WriteAsync("a APPEND {5+}\r\nINBOX {4+}\r\nA: b\r\nb NOOP\r\n"u8.ToArray(), Cancel);
        ImapFrame frame = await ReadAsync();
        Assert.Equal("a APPEND {5+}\r\nINBOX {4+}", Encoding.ASCII.GetString(frame.Bytes));
        Assert.Equal(new LiteralHeader(4, IsSynchronizing: false), frame.Message);
        Assert.Equal(4, _reader.LiteralLeft);
        Assert.Equal(ImapFrameStatus.Command, await _reader.SkipLiteralAsync(frame.Message!.Value, Cancel));
        Assert.Equal("b NOOP", Encoding.ASCII.GetString((await ReadAsync()).Bytes));
    }

    [Fact]
    public async Task A_refused_message_that_nobody_waits_for_is_passed_over_with_those_that_follow_it()
    {
        await _client.Writer.WriteAsync("a APPEND INBOX {4+}\r\nA: b {2+}\r\nxy {1+}\r\nz\r\nb NOOP\r\n"u8.ToArray(), Cancel);
        ImapFrame frame = await ReadAsync();
        Assert.Equal(ImapFrameStatus.Command, await _reader.SkipLiteralAsync(frame.Message!.Value, Cancel));
        Assert.Equal("b NOOP", Encoding.ASCII.GetString((await ReadAsync()).Bytes));
    }

    [Fact]
    public async Task A_refused_message_beyond_what_is_passed_over_ends_it()
    {
        await _client.Writer.WriteAsync("a APPEND INBOX {1001+}\r\n"u8.ToArray(), Cancel);
        ImapFrame frame = await ReadAsync();
        Assert.Equal(ImapFrameStatus.TooLong, await _reader.SkipLiteralAsync(frame.Message!.Value, Cancel));
    }

    [Fact]
    public async Task A_line_read_is_woken()
    {
        ValueTask<ImapFrame> reading = _reader.ReadLineAsync(100, TimeSpan.FromMinutes(1), Cancel);
        _input.Wake();
        Assert.Equal(ImapFrameStatus.Woken, (await reading).Status);
        await _client.Writer.WriteAsync("DONE\r\n"u8.ToArray(), Cancel);
        Assert.Equal("DONE", Encoding.ASCII.GetString((await _reader.ReadLineAsync(100, TimeSpan.FromMinutes(1), Cancel)).Bytes));
    }

    [Fact]
    public async Task A_silent_client_is_timed_out() =>
        Assert.Equal(ImapFrameStatus.TimedOut, (await _reader.ReadAsync(100, TimeSpan.Zero, Cancel)).Status);

    private ValueTask<ImapFrame> ReadAsync() => _reader.ReadAsync(maxBytes: 1_000, TimeSpan.FromMinutes(1), Cancel);

    private async Task WriteAsync(string octets, int size)
    {
        foreach (byte[] part in Encoding.ASCII.GetBytes(octets).Chunk(size))
        {
            await _client.Writer.WriteAsync(part, Cancel);
            await Task.Yield();
        }

        await _client.Writer.CompleteAsync();
    }

    public void Dispose() => _input.Dispose();
}
