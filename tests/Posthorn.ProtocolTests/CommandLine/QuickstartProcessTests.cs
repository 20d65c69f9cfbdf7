using System.Text.Json;
using MailKit;
using MailKit.Net.Imap;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;
using Posthorn.ProtocolTests.Durability;

namespace Posthorn.ProtocolTests.CommandLine;

/// <summary>The program as an administrator has it: quickstart, then serve, then a mail app.</summary>
public sealed class QuickstartProcessTests
{
    private const string Password = "a long enough password";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_quickstart_made_serves_mail_to_its_first_account()
    {
        await using PosthornProcess host = PosthornProcess.InNewFolder();
        (int status, string said) = await host.TryCommandAsync(
            Password + "\n", "quickstart", "you@example.test", "--host", "mail.example.test", "--folder", host.Folder, "--password-stdin", "--json");
        Assert.True(status == 0, said);
        using (JsonDocument result = JsonDocument.Parse(said))
        {
            Assert.Equal(host.Configuration, result.RootElement.GetProperty("configuration").GetString());
            Assert.Contains(result.RootElement.GetProperty("zone").EnumerateArray(), line => line.GetString()!.Contains("_domainkey", StringComparison.Ordinal));
            Assert.All(
                result.RootElement.GetProperty("checks").EnumerateArray(),
                check => Assert.True(check.GetProperty("isOk").GetBoolean() || check.GetProperty("todo").GetString()!.Length > 0));
        }

        foreach (string listener in (string[])["smtp", "submission", "submissions", "imap", "imaps", "pop3", "pop3s", "web"])
        {
            host.Environment[$"POSTHORN_listeners__{listener}__address"] = "127.0.0.1";
            host.Environment[$"POSTHORN_listeners__{listener}__port"] = "0";
        }

        await host.StartAsync();
        using var smtp = new SmtpClient { ServerCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null };
        await smtp.ConnectAsync("127.0.0.1", host.Ports["submission"], SecureSocketOptions.StartTls, Cancel);
        await smtp.AuthenticateAsync("you@example.test", Password, Cancel);
        using var message = new MimeMessage { Subject = "The first" };
        message.From.Add(MailboxAddress.Parse("you@example.test"));
        message.To.Add(MailboxAddress.Parse("postmaster@example.test"));
        message.Body = new TextPart("plain") { Text = "It works." };
        await smtp.SendAsync(message, Cancel);
        using var imap = new ImapClient { ServerCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null };
        await imap.ConnectAsync("127.0.0.1", host.Ports["imaps"], SecureSocketOptions.SslOnConnect, Cancel);
        await imap.AuthenticateAsync("you@example.test", Password, Cancel);
        await imap.Inbox.OpenAsync(FolderAccess.ReadOnly, Cancel);
        Assert.Equal("The first", (await imap.Inbox.GetMessageAsync(0, Cancel)).Subject);
        Assert.Equal(0, await host.StopAsync());
    }
}
