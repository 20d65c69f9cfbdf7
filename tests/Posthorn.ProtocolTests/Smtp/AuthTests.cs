using System.Text;
using MailKit.Security;
using Posthorn.Server.Smtp;

namespace Posthorn.ProtocolTests.Smtp;

/// <summary>AUTH: within TLS, on the submission ports. RFC 4954.</summary>
public sealed class AuthTests
{
    private static readonly string Right = Base64($"\0you@example.test\0{SmtpTestServer.Password}");
    private static readonly string False = Base64("\0you@example.test\0wrong");

    [Fact]
    public async Task Plain_with_an_initial_response_signs_in()
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await GreetedAsync(server);
        await client.DialogAsync($"""
            C: AUTH PLAIN {Right}
            S: 235 2.7.0 ~
            C: AUTH PLAIN {Right}
            S: 503 5.5.1 ~
            C: MAIL FROM:<you@example.test>
            S: 250 2.1.0 ~
            C: AUTH PLAIN {Right}
            S: 503 5.5.1 ~
            """);
    }

    [Fact]
    public async Task Plain_without_an_initial_response_is_asked_for_it()
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await GreetedAsync(server);
        await client.SayAsync("auth plain\r\n");
        Assert.Equal("334 ", await client.LineAsync());
        await client.DialogAsync($"C: {Right}\nS: 235 2.7.0 ~");
    }

    [Fact]
    public async Task Login_asks_for_name_and_password()
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await GreetedAsync(server);
        await client.DialogAsync($"""
            C: AUTH LOGIN
            S: 334 VXNlcm5hbWU6
            C: {Base64("you@example.test")}
            S: 334 UGFzc3dvcmQ6
            C: {Base64(SmtpTestServer.Password)}
            S: 235 2.7.0 ~
            """);
    }

    [Theory]
    [InlineData("AUTH", "501 5.5.4 ~")]
    [InlineData("AUTH PLAIN a b", "501 5.5.4 ~")]
    [InlineData("AUTH CRAM-MD5", "504 5.5.4 ~")]
    [InlineData("AUTH PLAIN not*base64", "501 5.5.2 ~")]
    [InlineData("AUTH PLAIN YQ=", "501 5.5.2 ~")]
    [InlineData("AUTH PLAIN =", "501 5.5.2 ~")]
    [InlineData("AUTH PLAIN AAAA", "501 5.5.2 ~")]
    public async Task A_malformed_sign_in_is_refused_and_the_session_goes_on(string line, string reply)
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await GreetedAsync(server);
        await client.DialogAsync($"C: {line}\nS: {reply}\nC: AUTH PLAIN {Right}\nS: 235 2.7.0 ~");
    }

    [Fact]
    public async Task A_star_cancels()
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await GreetedAsync(server);
        await client.DialogAsync("""
            C: AUTH LOGIN
            S: 334 ~
            C: *
            S: 501 5.7.0 ~
            C: NOOP
            S: 250 2.0.0 OK
            """);
    }

    [Fact]
    public async Task A_line_too_long_ends_the_exchange()
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await GreetedAsync(server);
        await client.DialogAsync("C: AUTH LOGIN\nS: 334 ~");
        await client.SayAsync(new string('A', 20_000) + "\r\nNOOP\r\n");
        await client.DialogAsync("S: 500 5.5.6 ~\nS: 250 2.0.0 OK");
    }

    [Fact]
    public async Task The_third_failure_ends_the_connection()
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await GreetedAsync(server);
        await client.DialogAsync($"""
            C: AUTH PLAIN {False}
            S: 535 5.7.8 ~
            C: AUTH PLAIN {Base64("\0nobody@example.test\0wrong")}
            S: 535 5.7.8 ~
            C: AUTH PLAIN {False}
            S: 421 4.7.0 ~
            S: closed
            """);
    }

    [Theory]
    [InlineData("you@example.test", "235 2.7.0 ~")]
    [InlineData("YOU+tag@example.test", "235 2.7.0 ~")]
    [InlineData("friend@example.test", "535 5.7.8 ~")]
    [InlineData("somebody", "535 5.7.8 ~")]
    public async Task Nobody_acts_as_anybody_else(string other, string reply)
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await GreetedAsync(server);
        await client.DialogAsync($"C: AUTH PLAIN {Base64($"{other}\0you@example.test\0{SmtpTestServer.Password}")}\nS: {reply}");
    }

    [Fact]
    public async Task No_password_is_taken_before_tls()
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await server.ConnectAsync(SmtpRole.Submission);
        await client.DialogAsync($"""
            S: 220 ~
            C: EHLO x
            S: 250-~
            C: AUTH PLAIN {Right}
            S: 530 5.7.0 ~
            """);
    }

    [Theory]
    [InlineData(SmtpRole.Submission)]
    [InlineData(SmtpRole.Submissions)]
    public async Task Scram_with_channel_binding_is_offered_first_within_tls(SmtpRole role)
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await server.ConnectAsync(role);
        await client.DialogAsync("S: 220 ~");
        if (role == SmtpRole.Submission)
        {
            await client.DialogAsync("C: STARTTLS\nS: 220 2.0.0 ~\nTLS");
        }
        await client.SayAsync("EHLO x\r\n");
        Assert.Contains("250-AUTH SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN LOGIN", await client.ReplyAsync());
    }

    /// <summary>MailKit's client is not ours: it checks our half of SCRAM.</summary>
    [Theory]
    [InlineData("SCRAM-SHA-256")]
    [InlineData("PLAIN")]
    [InlineData("LOGIN")]
    public async Task Another_client_signs_in(string mechanism)
    {
        await using var server = await SmtpTestServer.StartAsync();
        using var client = await server.MailKitAsync(SmtpRole.Submissions);
        await client.AuthenticateAsync(SaslMechanism.Create(mechanism, Encoding.UTF8, new("you@example.test", SmtpTestServer.Password))!, Cancel);
        Assert.True(client.IsAuthenticated);
    }

    [Fact]
    public async Task A_wrong_scram_password_is_refused()
    {
        await using var server = await SmtpTestServer.StartAsync();
        using var client = await server.MailKitAsync(SmtpRole.Submission);
        var sasl = SaslMechanism.Create("SCRAM-SHA-256", Encoding.UTF8, new("you@example.test", "wrong"))!;
        await Assert.ThrowsAsync<AuthenticationException>(() => client.AuthenticateAsync(sasl, Cancel));
        Assert.False(client.IsAuthenticated);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static async Task<SmtpTestClient> GreetedAsync(SmtpTestServer server)
    {
        var client = await server.ConnectAsync(SmtpRole.Submissions);
        await client.DialogAsync("S: 220 ~\nC: EHLO x\nS: 250-~");
        return client;
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
