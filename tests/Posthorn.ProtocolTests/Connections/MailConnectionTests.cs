using Posthorn.Server.Connections;

namespace Posthorn.ProtocolTests.Connections;

public sealed class MailConnectionTests
{
    [Fact]
    public async Task A_plain_connection_answers_and_ends_with_quit()
    {
        await using var server = await EchoServer.StartAsync();
        await using var client = await EchoClient.ConnectAsync(server.Plain);
        Assert.Equal("220 hello", await client.LineAsync());
        await client.SayAsync("one\r\ntwo\r\nQUIT\r\n");
        Assert.Equal("250 one", await client.LineAsync());
        Assert.Equal("250 two", await client.LineAsync());
        Assert.Equal("221 bye", await client.LineAsync());
        Assert.Null(await client.LineAsync());
        Assert.Equal("Quit", await server.NextEndAsync());
        Assert.Equal(0, server.Open);
    }

    [Fact]
    public async Task A_client_that_closes_ends_with_client_closed()
    {
        await using var server = await EchoServer.StartAsync();
        await using var client = await EchoClient.ConnectAsync(server.Plain);
        await client.LineAsync();
        await client.SayAsync("half a line");
        client.CloseSending();
        Assert.Equal("ClientClosed", await server.NextEndAsync());
    }

    [Fact]
    public async Task A_reset_ends_with_connection_lost()
    {
        await using var server = await EchoServer.StartAsync();
        await using var client = await EchoClient.ConnectAsync(server.Plain);
        await client.LineAsync();
        client.Reset();
        Assert.Equal("ConnectionLost", await server.NextEndAsync());
    }

    [Fact]
    public async Task A_silent_connection_is_told_and_ended_when_its_time_is_over()
    {
        await using var server = await EchoServer.StartAsync();
        await using var client = await EchoClient.ConnectAsync(server.Plain);
        Assert.Equal("220 hello", await client.LineAsync());
        await server.Time.ArmedAsync(EchoHandler.IdleTimeout);
        server.Time.Advance(EchoHandler.IdleTimeout);
        Assert.Equal("421 timeout", await client.LineAsync());
        Assert.Null(await client.LineAsync());
        Assert.Equal("IdleTimeout", await server.NextEndAsync());
    }

    [Fact]
    public async Task A_silent_connection_within_TLS_is_told_and_ended_when_its_time_is_over()
    {
        await using var server = await EchoServer.StartAsync();
        await using var client = await EchoClient.ConnectTlsAsync(server);
        Assert.Equal("220 hello", await client.LineAsync());
        await server.Time.ArmedAsync(EchoHandler.IdleTimeout);
        server.Time.Advance(EchoHandler.IdleTimeout);
        Assert.Equal("421 timeout", await client.LineAsync());
        Assert.Null(await client.LineAsync());
        Assert.Equal("IdleTimeout", await server.NextEndAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_that_never_reads_ends_with_slow_reader(bool tls)
    {
        var limits = new ConnectionLimits();
        await using var server = await EchoServer.StartAsync(limits);
        await using var client = tls ? await EchoClient.ConnectTlsAsync(server) : await EchoClient.ConnectAsync(server.Plain);
        await client.LineAsync();
        await client.SayAsync("FLOOD\r\n");
        var end = server.NextEndAsync();
        while (!end.IsCompleted)
        {
            // The first flushes wait for the kernel's buffers only; the last one waits for the client.
            await Task.WhenAny(end, server.Time.ArmedAsync(limits.WriteTimeout));
            server.Time.Advance(limits.WriteTimeout);
        }
        Assert.Equal("SlowReader", await end);
    }

    [Fact]
    public async Task A_fault_in_a_session_is_answered_and_the_server_goes_on()
    {
        await using var server = await EchoServer.StartAsync();
        await using var client = await EchoClient.ConnectAsync(server.Plain);
        await client.LineAsync();
        await client.SayAsync("FAULT\r\n");
        Assert.Equal("451 fault", await client.LineAsync());
        Assert.Equal("Error", await server.NextEndAsync());
        await using var next = await EchoClient.ConnectAsync(server.Plain);
        Assert.Equal("220 hello", await next.LineAsync());
    }

    [Fact]
    public async Task A_line_too_long_is_answered_and_the_next_one_is_read()
    {
        await using var server = await EchoServer.StartAsync();
        await using var client = await EchoClient.ConnectAsync(server.Plain);
        await client.LineAsync();
        await client.SayAsync(new string('x', 40_000));
        Assert.Equal("500 too long", await client.LineAsync());
        await client.SayAsync("more of it\r\nnext\r\n");
        Assert.Equal("250 next", await client.LineAsync());
    }

    [Fact]
    public async Task A_bare_line_feed_is_an_error_and_no_line_end()
    {
        await using var server = await EchoServer.StartAsync();
        await using var client = await EchoClient.ConnectAsync(server.Plain);
        await client.LineAsync();
        await client.SayAsync("one\nQUIT\r\nnext\r\n");
        Assert.Equal("500 bare", await client.LineAsync());
        Assert.Equal("250 next", await client.LineAsync());
    }

    [Fact]
    public async Task Connections_over_the_limit_of_an_address_are_refused_until_one_ends()
    {
        await using var server = await EchoServer.StartAsync(new ConnectionLimits { MaxConnectionsPerAddress = 1 });
        await using var first = await EchoClient.ConnectAsync(server.Plain);
        Assert.Equal("220 hello", await first.LineAsync());
        await using var second = await EchoClient.ConnectAsync(server.Plain);
        Assert.Equal("421 too many", await second.LineAsync());
        Assert.Equal("TooManyConnections", await server.NextEndAsync());
        await first.SayAsync("QUIT\r\n");
        Assert.Equal("Quit", await server.NextEndAsync());
        await using var third = await EchoClient.ConnectAsync(server.Plain);
        Assert.Equal("220 hello", await third.LineAsync());
    }

    [Fact]
    public async Task A_stop_says_goodbye_to_waiting_sessions()
    {
        await using var server = await EchoServer.StartAsync();
        await using var plain = await EchoClient.ConnectAsync(server.Plain);
        await plain.LineAsync();
        await using var tls = await EchoClient.ConnectTlsAsync(server);
        await tls.LineAsync();
        await server.StopAsync();
        Assert.Equal("421 stopping", await plain.LineAsync());
        Assert.Equal("421 stopping", await tls.LineAsync());
        Assert.Equal("ServerStopping", await server.NextEndAsync());
        Assert.Equal("ServerStopping", await server.NextEndAsync());
    }

    [Fact]
    public async Task A_stop_cuts_a_session_that_goes_on_beyond_the_grace()
    {
        var limits = new ConnectionLimits { StopGrace = TimeSpan.FromSeconds(20) };
        await using var server = await EchoServer.StartAsync(limits);
        await using var client = await EchoClient.ConnectAsync(server.Plain);
        await client.LineAsync();
        await client.SayAsync("BODY\r\n");
        Assert.Equal("354 go on", await client.LineAsync());
        var stop = server.StopAsync();
        await server.Time.ArmedAsync(limits.StopGrace);
        server.Time.Advance(limits.StopGrace);
        await stop;
        Assert.Null(await client.LineAsync());
        Assert.Equal("ServerStopping", await server.NextEndAsync());
    }
}
