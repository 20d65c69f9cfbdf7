using System.Net;
using Microsoft.Extensions.Time.Testing;
using Posthorn.Server.Outbound;

namespace Posthorn.ProtocolTests.Outbound;

/// <summary>A stop while another server is about to answer.</summary>
public sealed class RemoteSessionTests
{
    private readonly TaskCompletionSource _sent = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _go = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_answer_to_the_end_of_data_counts_though_the_server_stops()
    {
        await using SmtpSink sink = Sink();
        await using RemoteSession session = await OpenAsync(sink.Port);
        using var stop = new CancellationTokenSource();
        Task<RemoteReply> data = SendAsync(session, stop.Token);
        await _sent.Task.WaitAsync(Cancel);
        await stop.CancelAsync();
        _go.SetResult();
        Assert.Equal(250, (await data).Code);
    }

    [Fact]
    public async Task A_stop_does_not_wait_for_ever_and_the_message_may_have_been_taken()
    {
        await using SmtpSink sink = Sink();
        await using RemoteSession session = await OpenAsync(sink.Port);
        using var stop = new CancellationTokenSource();
        Task<RemoteReply> data = SendAsync(session, stop.Token);
        await _sent.Task.WaitAsync(Cancel);
        await stop.CancelAsync();
        _time.Advance(Settings(0).StopGrace);
        Assert.True((await Assert.ThrowsAsync<RemoteFaultException>(() => data)).IsAfterEnd);
        _go.SetResult();
    }

    private SmtpSink Sink() => new(async line =>
    {
        if (line == "END")
        {
            _sent.SetResult();
            await _go.Task.WaitAsync(Cancel);
        }

        return null;
    });

    private async Task<RemoteSession> OpenAsync(int port) =>
        await RemoteSession.OpenAsync(Settings(port), _time, "localhost", IPAddress.Loopback, withTls: false, Cancel);

    private static async Task<RemoteReply> SendAsync(RemoteSession session, CancellationToken stop)
    {
        Assert.Equal(354, (await session.CommandAsync("DATA", stop)).Code);
        return await session.DataAsync(new MemoryStream("Subject: x\r\n\r\nhello\r\n"u8.ToArray()), stop);
    }

    private static OutboundSettings Settings(int port) => new() { HostName = "mx.example.test", Port = port };
}
