using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using MailKit;
using MailKit.Net.Imap;
using MailKit.Net.Pop3;
using MailKit.Net.Smtp;
using MailKit.Security;
using Posthorn.ProtocolTests.Outbound;

namespace Posthorn.ProtocolTests.Connections;

/// <summary>SCRAM-SHA-256-PLUS by a client that others wrote: it signs in with the certificate that it saw (RFC 5929 §4), and who sits in between is found out.</summary>
public sealed class ChannelBindingTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("imaps")]
    [InlineData("submissions")]
    [InlineData("pop3s")]
    public async Task A_client_signs_in_with_the_certificate_it_saw(string protocol)
    {
        await using TestServer server = await TestServer.StartAsync();
        using MailService client = await ConnectAsync(protocol, server.Port(protocol));
        Assert.Contains("SCRAM-SHA-256-PLUS", client.AuthenticationMechanisms);
        await client.AuthenticateAsync(Plus(), Cancel);
        Assert.True(client.IsAuthenticated);
        await client.DisconnectAsync(true, Cancel);
    }

    [Theory]
    [InlineData("imaps")]
    [InlineData("submissions")]
    [InlineData("pop3s")]
    public async Task Somebody_in_between_with_another_certificate_is_found_out(string protocol)
    {
        await using TestServer server = await TestServer.StartAsync();
        using var authority = new SinkAuthority();
        using X509Certificate2 certificate = authority.Issue("localhost");
        await using var between = new Relay(server.Port(protocol), certificate);
        using MailService client = await ConnectAsync(protocol, between.Port);
        await Assert.ThrowsAsync<AuthenticationException>(() => client.AuthenticateAsync(Plus(), Cancel));
        Assert.False(client.IsAuthenticated);
    }

    private static SaslMechanism Plus() => SaslMechanism.Create("SCRAM-SHA-256-PLUS", new NetworkCredential(TestServer.You, TestServer.Password))!;

    private static async Task<MailService> ConnectAsync(string protocol, int port)
    {
        MailService client = protocol switch
        {
            "imaps" => new ImapClient(),
            "pop3s" => new Pop3Client(),
            _ => new SmtpClient(),
        };
        client.CheckCertificateRevocation = false;
        client.ServerCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null;
        await client.ConnectAsync("localhost", port, SecureSocketOptions.SslOnConnect, Cancel);
        return client;
    }

    /// <summary>Ends TLS with a certificate of its own and begins it anew to the server.</summary>
    private sealed class Relay : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly Task _running;

        public Relay(int server, X509Certificate2 certificate)
        {
            _listener.Start();
            _running = RunAsync(server, certificate);
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public async ValueTask DisposeAsync()
        {
            _listener.Stop();
            await _running;
            _listener.Dispose();
        }

        private async Task RunAsync(int server, X509Certificate2 certificate)
        {
            try
            {
                using TcpClient near = await _listener.AcceptTcpClientAsync(Cancel);
                using var far = new TcpClient();
                await far.ConnectAsync(IPAddress.Loopback, server, Cancel);
                await using var client = new SslStream(near.GetStream());
                await client.AuthenticateAsServerAsync(certificate);
                await using var inner = new SslStream(far.GetStream(), false, static (_, shown, _, _) => shown is not null);
                await inner.AuthenticateAsClientAsync("localhost");
                await Task.WhenAny(client.CopyToAsync(inner, Cancel), inner.CopyToAsync(client, Cancel));
            }
            catch (Exception failure) when (failure is IOException or SocketException or OperationCanceledException)
            {
                // One of the two has gone.
            }
        }
    }
}
