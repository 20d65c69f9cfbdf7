using System.IO.Pipelines;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Posthorn.Server.Connections;

namespace Posthorn.Tests.Server.Connections;

public sealed class LineReaderTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private readonly FakeTimeProvider _time = new();
    private readonly Pipe _pipe = new();
    private readonly ConnectionInput _input;

    public LineReaderTests() => _input = new ConnectionInput(_pipe.Reader, _time);

    public void Dispose() => _input.Dispose();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("one\r\n", "one")]
    [InlineData("\r\n", "")]
    [InlineData("one\r\ntwo\r\n", "one|two")]
    [InlineData("one\ntwo\r\n", "BareEnding")]
    [InlineData("one\rtwo\r\n", "BareEnding")]
    [InlineData("\none\r\ntwo\r\n", "BareEnding|two")]
    [InlineData("12345678\r\n", "12345678")]
    [InlineData("123456789\r\nok\r\n", "TooLong|ok")]
    [InlineData("123456789 and a good deal more\r\nok\r\n", "TooLong|ok")]
    [InlineData("one\r\r\n", "BareEnding")]
    [InlineData("\0\r\n", "\0")]
    public async Task Strict_lines_end_with_crlf_only(string sent, string expected) =>
        Assert.Equal(expected, await ReadAllAsync(sent, BareLineFeed.IsAnError, sent.Length));

    [Theory]
    [InlineData("one\r\n", "one")]
    [InlineData("one\ntwo\r\n", "one|two")]
    [InlineData("\n\r\n", "|")]
    [InlineData("one\rtwo\n", "one\rtwo")]
    [InlineData("12345678\n", "12345678")]
    [InlineData("1234567890\nok\n", "TooLong|ok")]
    public async Task Tolerant_lines_end_with_lf_too(string sent, string expected) =>
        Assert.Equal(expected, await ReadAllAsync(sent, BareLineFeed.EndsLine, sent.Length));

    [Theory]
    [InlineData("one\r\ntwo\r\n", "one|two", BareLineFeed.IsAnError)]
    [InlineData("o\nne\r\ntwo\r\n", "BareEnding|two", BareLineFeed.IsAnError)]
    [InlineData("12345678901234567890\r\nok\r\n", "TooLong|ok", BareLineFeed.IsAnError)]
    [InlineData("one\r\ntwo\n", "one|two", BareLineFeed.EndsLine)]
    [InlineData("12345678901234567890\r\nok\n", "TooLong|ok", BareLineFeed.EndsLine)]
    public async Task Lines_are_the_same_when_they_come_octet_by_octet(string sent, string expected, BareLineFeed mode) =>
        Assert.Equal(expected, await ReadAllAsync(sent, mode, 1));

    [Fact]
    public async Task A_line_stays_valid_until_the_next_read_by_whom_ever()
    {
        await SendAsync("DATA\r\nbody");
        var lines = new LineReader(_input, BareLineFeed.IsAnError);
        var read = await lines.ReadAsync(100, Limit, Cancel);
        Assert.Equal("DATA", Encoding.ASCII.GetString(read.Line));
        var body = await _input.ReadAsync(Limit, Cancel);
        Assert.Equal("body", Encoding.ASCII.GetString(body.Buffer));
    }

    [Fact]
    public async Task Bytes_behind_a_line_are_seen()
    {
        await SendAsync("STARTTLS\r\n");
        var lines = new LineReader(_input, BareLineFeed.IsAnError);
        await lines.ReadAsync(100, Limit, Cancel);
        Assert.False(_input.HasBytes());
        await SendAsync("x");
        Assert.True(_input.HasBytes());
    }

    [Fact]
    public async Task The_time_is_for_the_whole_line_however_it_drips()
    {
        var lines = new LineReader(_input, BareLineFeed.IsAnError);
        var read = lines.ReadAsync(100, Limit, Cancel).AsTask();
        _time.Advance(Limit * 0.6);
        await SendAsync("o");
        Assert.False(read.IsCompleted);
        _time.Advance(Limit * 0.6);
        Assert.Equal(LineStatus.TimedOut, (await read).Status);
    }

    [Fact]
    public async Task A_time_that_ran_out_is_not_felt_by_the_next_wait()
    {
        var lines = new LineReader(_input, BareLineFeed.IsAnError);
        var first = lines.ReadAsync(100, Limit, Cancel).AsTask();
        _time.Advance(Limit);
        Assert.Equal(LineStatus.TimedOut, (await first).Status);
        var second = lines.ReadAsync(100, Limit, Cancel).AsTask();
        Assert.False(second.IsCompleted);
        await SendAsync("one\r\n");
        Assert.Equal(LineStatus.Line, (await second).Status);
    }

    [Fact]
    public async Task A_wake_is_not_taken_for_the_end_of_the_time()
    {
        var lines = new LineReader(_input, BareLineFeed.IsAnError);
        var read = lines.ReadAsync(100, Limit, Cancel).AsTask();
        _input.Wake();
        Assert.False(read.IsCompleted);
        await SendAsync("one\r\n");
        Assert.Equal(LineStatus.Line, (await read).Status);
    }

    [Fact]
    public async Task A_stop_wakes_the_wait_and_leaves_lines_unread()
    {
        var lines = new LineReader(_input, BareLineFeed.IsAnError);
        var read = lines.ReadAsync(100, Limit, Cancel).AsTask();
        _input.Stop();
        Assert.Equal(LineStatus.Stopping, (await read).Status);
        await SendAsync("one\r\n");
        Assert.Equal(LineStatus.Stopping, (await lines.ReadAsync(100, Limit, Cancel)).Status);
    }

    [Fact]
    public async Task A_line_without_end_is_dropped_at_the_close()
    {
        await SendAsync("QUI");
        await _pipe.Writer.CompleteAsync();
        var lines = new LineReader(_input, BareLineFeed.IsAnError);
        Assert.Equal(LineStatus.Closed, (await lines.ReadAsync(100, Limit, Cancel)).Status);
    }

    [Fact]
    public async Task A_line_without_bound_is_told_too_long_again_and_again()
    {
        var lines = new LineReader(_input, BareLineFeed.IsAnError);
        var sending = Task.CompletedTask;
        for (var told = 0; told < 3; told++)
        {
            var read = lines.ReadAsync(100, Limit, Cancel).AsTask();
            while (!read.IsCompleted)
            {
                // Once it is told nobody reads, and what is sent waits in a full pipe for the next read.
                if (sending.IsCompleted)
                {
                    sending = SendAsync(new string('x', 8192));
                }

                await Task.WhenAny(sending, read);
            }

            Assert.Equal(LineStatus.TooLong, (await read).Status);
        }
    }

    private async Task<string> ReadAllAsync(string sent, BareLineFeed mode, int step)
    {
        var sending = Task.Run(async () =>
        {
            for (var at = 0; at < sent.Length; at += step)
            {
                await SendAsync(sent.Substring(at, Math.Min(step, sent.Length - at)));
            }
            await _pipe.Writer.CompleteAsync();
        }, Cancel);
        var lines = new LineReader(_input, mode);
        var all = new List<string>();
        while (await lines.ReadAsync(10, Limit, Cancel) is { Status: not LineStatus.Closed } read)
        {
            all.Add(read.Status == LineStatus.Line ? Encoding.ASCII.GetString(read.Line) : read.Status.ToString());
        }
        await sending;
        return string.Join('|', all);
    }

    private async Task SendAsync(string text) => await _pipe.Writer.WriteAsync(Encoding.ASCII.GetBytes(text), Cancel);
}
