using System.Net;
using System.Security.Cryptography;
using Posthorn.Server.Connections;
using Posthorn.Server.Tls;

namespace Posthorn.ProtocolTests.Connections;

public sealed class TlsUpgradeTests
{
    [Theory]
    [InlineData(KeyType.Rsa2048)]
    [InlineData(KeyType.EcP256)]
    public async Task Implicit_TLS_answers_and_closes_in_order(KeyType keyType)
    {
        await using var server = await EchoServer.StartAsync(keyType: keyType);
        await using var client = await EchoClient.ConnectTlsAsync(server);
        Assert.Equal("220 hello", await client.LineAsync());
        await client.SayAsync("one\r\nTLS\r\nQUIT\r\n");
        Assert.Equal("250 one", await client.LineAsync());
        Assert.Equal("250 Tls13 mail.example.test", await client.LineAsync());
        Assert.Equal("221 bye", await client.LineAsync());
        // An end in order: SslStream would throw if close_notify were missing and the stream cut.
        Assert.Null(await client.LineAsync());
        Assert.Equal("Completed", await server.NextHandshakeAsync());
        Assert.Equal("Quit", await server.NextEndAsync());
    }

    [Fact]
    public async Task Starttls_turns_the_connection_into_TLS()
    {
        await using var server = await EchoServer.StartAsync();
        await using var client = await EchoClient.ConnectAsync(server.Plain);
        await client.LineAsync();
        await client.SayAsync("STARTTLS\r\n");
        Assert.Equal("220 go", await client.LineAsync());
        await client.HandshakeAsync(server);
        await client.SayAsync("one\r\nTLS\r\nQUIT\r\n");
        Assert.Equal("250 one", await client.LineAsync());
        Assert.Equal("250 Tls13 mail.example.test", await client.LineAsync());
        Assert.Equal("221 bye", await client.LineAsync());
    }

    [Fact]
    public async Task Starttls_with_bytes_behind_it_ends_without_an_answer()
    {
        await using var server = await EchoServer.StartAsync();
        await using var client = await EchoClient.ConnectAsync(server.Plain);
        await client.LineAsync();
        await client.SayAsync("STARTTLS\r\nMAIL FROM:<a@example.test>\r\n");
        Assert.Null(await client.LineAsync());
        Assert.Equal("CommandInjection", await server.NextEndAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Garbage_for_a_handshake_ends_and_the_server_goes_on(bool starttls)
    {
        await using var server = await EchoServer.StartAsync();
        await using (var client = await EchoClient.ConnectAsync(starttls ? server.Plain : server.Tls))
        {
            if (starttls)
            {
                await client.LineAsync();
                await client.SayAsync("STARTTLS\r\n");
                Assert.Equal("220 go", await client.LineAsync());
            }
            await client.SayAsync("GET / HTTP/1.1\r\nHost: mail.example.test\r\n\r\n");
            Assert.Equal("TlsFailed", await server.NextEndAsync());
        }
        await using var next = await EchoClient.ConnectTlsAsync(server);
        Assert.Equal("220 hello", await next.LineAsync());
    }

    [Theory]
    [InlineData(4000)]
    [InlineData(5000)]
    [InlineData(16000)]
    public async Task A_record_larger_than_a_block_of_the_transport_arrives_whole(int size)
    {
        await using var server = await EchoServer.StartAsync();
        await using var client = await EchoClient.ConnectTlsAsync(server);
        Assert.Equal("220 hello", await client.LineAsync());
        await client.SayAsync(new string('x', size) + "\r\nnext\r\n");
        Assert.Equal("500 too long", await client.LineAsync());
        Assert.Equal("250 next", await client.LineAsync());
    }

    [Fact]
    public async Task Garbage_within_TLS_ends_with_connection_lost()
    {
        await using var server = await EchoServer.StartAsync();
        await using var client = await EchoClient.ConnectTlsAsync(server);
        await client.LineAsync();
        // A record that claims to be application data and does not decrypt.
        await client.RawAsync([0x17, 0x03, 0x03, 0x00, 0x20, .. new byte[32]]);
        Assert.Equal("ConnectionLost", await server.NextEndAsync());
    }

    [Fact]
    public async Task A_silent_handshake_ends_when_its_time_is_over()
    {
        var limits = new ConnectionLimits();
        await using var server = await EchoServer.StartAsync(limits);
        await using var client = await EchoClient.ConnectAsync(server.Tls);
        await server.Time.ArmedAsync(limits.TlsHandshakeTimeout);
        server.Time.Advance(limits.TlsHandshakeTimeout);
        Assert.Equal("TimedOut", await server.NextHandshakeAsync());
        Assert.Equal("TlsFailed", await server.NextEndAsync());
        Assert.Null(await client.LineAsync());
    }

    [Fact]
    public async Task A_close_before_the_handshake_counts_as_closed()
    {
        await using var server = await EchoServer.StartAsync();
        await using var client = await EchoClient.ConnectAsync(server.Tls);
        client.CloseSending();
        Assert.Equal("Closed", await server.NextHandshakeAsync());
        Assert.Equal("ClientClosed", await server.NextEndAsync());
    }

    [Fact]
    public async Task A_renewed_certificate_is_shown_to_new_connections_and_old_ones_go_on()
    {
        await using var server = await EchoServer.StartAsync();
        await using var before = await EchoClient.ConnectTlsAsync(server);
        await before.LineAsync();
        server.Authority.Issue(["mail.example.test"], [IPAddress.Loopback], KeyType.Rsa2048);
        Assert.True(server.Certificates.Reload());
        await using var after = await EchoClient.ConnectTlsAsync(server);
        Assert.NotEqual(before.ServerCertificate!.Thumbprint, after.ServerCertificate!.Thumbprint);
        Assert.Equal(server.Certificates.Default.Leaf.Thumbprint, after.ServerCertificate.Thumbprint);
        await before.SayAsync("still here\r\n");
        Assert.Equal("250 still here", await before.LineAsync());
    }

    [Fact]
    public async Task The_channel_binding_is_the_hash_of_the_certificate_that_clients_see()
    {
        await using var server = await EchoServer.StartAsync();
        await using var client = await EchoClient.ConnectTlsAsync(server);
        // RFC 5929 §4.1, for a certificate signed with SHA-256.
        var seen = SHA256.HashData(client.ServerCertificate!.RawData);
        Assert.Equal(seen, server.Certificates.Default.EndPointBinding!.Value.ToArray());
    }
}
