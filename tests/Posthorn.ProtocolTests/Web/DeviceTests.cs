using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using MailKit.Net.Imap;
using MailKit.Security;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Security;

namespace Posthorn.ProtocolTests.Web;

/// <summary>"Set up this device": the profile by a click and by a link, signed, and nobody else's.</summary>
public sealed partial class DeviceTests
{
    private const string ProfileType = "application/x-apple-aspen-config";

    private static readonly (string Name, string Value) Current = ("current", TestServer.Password);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_profile_is_signed_by_the_server_s_certificate_and_holds_the_running_ports()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.GetAsync("/help/device");
        (WebAnswer answer, byte[] signed) = await client.PostForFileAsync("/help/device/profile", Current);
        Assert.Equal((HttpStatusCode.OK, ProfileType), (answer.Status, answer.Headers["Content-Type"]));
        Assert.Contains("you@example.test.mobileconfig", answer.Headers["Content-Disposition"], StringComparison.Ordinal);
        XElement mail = Mail(await VerifyAsync(server, signed));
        Assert.Equal(
            ["you@example.test", "mx.example.test", $"{server.Port("imaps")}", "mx.example.test", $"{server.Port("submissions")}"],
            new[] { "EmailAddress", "IncomingMailServerHostName", "IncomingMailServerPortNumber", "OutgoingMailServerHostName", "OutgoingMailServerPortNumber" }.Select(key => Value(mail, key)));
        // The app password inside opens the mailbox, and is its own: the owner sees it and takes it back.
        using var imap = new ImapClient { CheckCertificateRevocation = false, ServerCertificateValidationCallback = static (_, certificate, _, _) => certificate?.Subject == "CN=mx.example.test" };
        await imap.ConnectAsync("localhost", server.Port("imaps"), SecureSocketOptions.SslOnConnect, Cancel);
        await imap.AuthenticateAsync(TestServer.You, Value(mail, "IncomingPassword"), Cancel);
        Assert.NotEqual(TestServer.Password, Value(mail, "IncomingPassword"));
        (WebAnswer _, byte[] second) = await client.PostForFileAsync("/help/device/profile", Current);
        Assert.NotEqual(Value(mail, "IncomingPassword"), Value(Mail(await VerifyAsync(server, second)), "IncomingPassword"));
        Assert.Equal(2, (await PasswordsAsync(server)).Count);
        // A profile that was changed on its way is refused.
        signed[Encoding.ASCII.GetString(signed).IndexOf("EmailAddress", StringComparison.Ordinal)] ^= 1;
        await Assert.ThrowsAnyAsync<Exception>(() => VerifyAsync(server, signed));
    }

    [Fact]
    public async Task A_link_sets_up_one_device_of_the_account_that_made_it()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.GetAsync("/help/device");
        string page = (await client.PostAsync("/help/device/link", Current)).Text;
        string path = Link().Match(page).Groups[1].Value;
        Assert.StartsWith("/device/", path, StringComparison.Ordinal);
        Assert.Contains("<svg class=\"qr\"", page, StringComparison.Ordinal);
        // The phone is not signed in. Whoever only looks (a preview, a scanner) uses nothing up.
        using var phone = new WebClient(server);
        Assert.Contains("you@example.test", (await phone.GetAsync(path)).Text, StringComparison.Ordinal);
        WebAnswer landing = await phone.GetAsync(path);
        Assert.Contains($"href=\"{path}/profile\"", landing.Text, StringComparison.Ordinal);
        Assert.Contains("no-store", landing.Headers["Cache-Control"], StringComparison.Ordinal);
        (WebAnswer answer, byte[] signed) = await phone.GetFileAsync(path + "/profile");
        Assert.Equal(ProfileType, answer.Headers["Content-Type"]);
        Assert.Equal("you@example.test", Value(Mail(await VerifyAsync(server, signed)), "EmailAddress"));
        Assert.Single(await PasswordsAsync(server));
        Assert.Equal(HttpStatusCode.NotFound, (await phone.GetAsync(path + "/profile")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await phone.GetAsync(path)).Status);
    }

    [Theory]
    [InlineData("profile", null)]
    [InlineData("profile", "wrong")]
    [InlineData("link", null)]
    [InlineData("link", "wrong")]
    public async Task An_open_browser_alone_sets_up_no_device(string form, string? password)
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        Assert.Contains("name=\"current\" type=\"password\"", (await client.GetAsync("/help/device")).Text, StringComparison.Ordinal);
        WebAnswer answer = await client.PostAsync($"/help/device/{form}", password is null ? [] : [("current", password)]);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.Status);
        Assert.Contains("That is not your present password.", answer.Text, StringComparison.Ordinal);
        Assert.Contains("formaction=\"/help/device/link\"", answer.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("<svg class=\"qr\"", answer.Text, StringComparison.Ordinal);
        Assert.Empty(await PasswordsAsync(server));
    }

    [Fact]
    public async Task A_profile_of_somebody_else_cannot_be_had()
    {
        await using TestServer server = await TestServer.StartAsync();
        using var stranger = new WebClient(server);
        await stranger.GetAsync("/signin");
        Assert.StartsWith("/signin", (await stranger.PostAsync("/help/device/profile")).Location, StringComparison.Ordinal);
        Assert.StartsWith("/signin", (await stranger.PostAsync("/help/device/link")).Location, StringComparison.Ordinal);
        WebAnswer madeUp = await stranger.GetAsync("/device/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/profile");
        Assert.Equal(HttpStatusCode.NotFound, madeUp.Status);
        Assert.DoesNotContain("example.test.mobileconfig", madeUp.Text, StringComparison.Ordinal);
        using WebClient client = await WebClient.SignedInAsync(server);
        // Without a form of ours, and with an address of somebody else in it.
        Assert.Equal(HttpStatusCode.BadRequest, (await client.PostAsync("/help/device/profile", token: "made up")).Status);
        await client.GetAsync("/help/device");
        (WebAnswer _, byte[] signed) = await client.PostForFileAsync("/help/device/profile?address=friend@example.test", ("address", "friend@example.test"), Current);
        Assert.Equal("you@example.test", Value(Mail(await VerifyAsync(server, signed)), "EmailAddress"));
    }

    [Fact]
    public async Task Who_is_not_signed_in_is_asked_to_and_comes_back()
    {
        await using TestServer server = await TestServer.StartAsync();
        using var client = new WebClient(server);
        Assert.Contains("href=\"/signin?to=%2Fhelp%2Fdevice\"", (await client.GetAsync("/help/device")).Text, StringComparison.Ordinal);
        await client.GetAsync("/signin?to=%2Fhelp%2Fdevice");
        Assert.Equal("/help/device", (await client.SignInAsync(TestServer.You, TestServer.Password, "/help/device")).Location);
    }

    [Fact]
    public async Task Without_a_way_to_send_no_profile_is_offered()
    {
        await using TestServer server = await TestServer.StartAsync(change: static options => options with { Listeners = options.Listeners with { Submission = null, Submissions = null } });
        using WebClient client = await WebClient.SignedInAsync(server);
        Assert.DoesNotContain("/help/device/profile", (await client.GetAsync("/help/device")).Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await client.PostAsync("/help/device/profile")).Status);
    }

    /// <summary>What openssl gives back of it, once the signature is by a certificate of the server's authority and whole.</summary>
    private static async Task<XDocument> VerifyAsync(TestServer server, byte[] signed)
    {
        string input = Path.Combine(server.Folder, "profile"), output = Path.Combine(server.Folder, "profile.plist");
        await File.WriteAllBytesAsync(input, signed, Cancel);
        var start = new ProcessStartInfo("openssl", ["cms", "-verify", "-inform", "DER", "-in", input, "-out", output, "-CAfile", Path.Combine(server.Folder, "data", "tls", "ca.pem"), "-purpose", "any"])
        {
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start) ?? throw new InvalidOperationException("openssl did not start.");
        string said = await process.StandardError.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel);
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException(said);
        }

        using var reader = XmlReader.Create(output, new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore, IgnoreWhitespace = true });
        return XDocument.Load(reader);
    }

    private static async Task<IReadOnlyList<AppPassword>> PasswordsAsync(TestServer server)
    {
        Account account = (await server.Services.GetRequiredService<Accounts>().GetAsync(TestServer.Administrator, TestServer.You, Cancel)).Value;
        return (await server.Services.GetRequiredService<AppPasswords>().ListAsync(new Actor(account.Id, "test", "1", null), account.Id, Cancel)).Value;
    }

    private static XElement Mail(XDocument profile) => profile.Descendants("array").Single().Element("dict")!;

    private static string Value(XElement dict, string key) => ((XElement)dict.Elements("key").Single(element => element.Value == key).NextNode!).Value;

    [GeneratedRegex("<code>https://localhost:[0-9]+(/device/[A-Za-z0-9_-]+)</code>")]
    private static partial Regex Link();
}
